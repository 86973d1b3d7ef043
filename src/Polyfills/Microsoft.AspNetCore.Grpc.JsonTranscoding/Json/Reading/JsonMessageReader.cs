using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Reading;

/// <summary>
/// Turns JSON into the encoding of a message, by the protobuf JSON mapping. Strict: an unknown field, a field that comes
/// twice and a value out of range are errors, with the place where they are.
/// </summary>
/// <remarks>
/// Google.Protobuf's JsonParser is not used, because it takes JSON numbers for doubles: a 64-bit integer that is written
/// as a number, which is the default here, would not come back the same.
/// </remarks>
internal sealed partial class JsonMessageReader(SchemaCache schemas, ByteBuffer output)
{
    // JSON that nests deeper than this is refused before it is a problem of the stack.
    private const int MaxDepth = 100;

    private readonly List<string> _path = [];

    /// <summary>Appends a message that is the whole JSON.</summary>
    /// <exception cref="BadRequestException">The JSON is not such a message.</exception>
    public void ReadMessage(ReadOnlySpan<byte> json, MessageSchema schema) => Read(json, (ref Utf8JsonReader reader) =>
    {
        if (reader.TokenType == JsonTokenType.Null && schema.WellKnown != WellKnownType.Value)
        {
            throw Error(ref reader, schema);
        }

        ReadContent(ref reader, schema);
    });

    /// <summary>Appends a field, with its tag, whose value is the whole JSON. Null leaves it unset.</summary>
    /// <exception cref="BadRequestException">The JSON is not a value of the field.</exception>
    public void ReadField(ReadOnlySpan<byte> json, FieldSchema field) =>
        Read(json, (ref Utf8JsonReader reader) => ReadField(ref reader, field));

    private delegate void ReadValue(ref Utf8JsonReader reader);

    private static void Read(ReadOnlySpan<byte> json, ReadValue read)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            reader.Read();
            read(ref reader);
            // What follows the value throws.
            reader.Read();
        }
        catch (JsonException ex)
        {
            throw new BadRequestException($"The request body is not valid JSON: {ex.Message}", ex);
        }
    }

    private void ReadContent(ref Utf8JsonReader reader, MessageSchema schema)
    {
        if (schema.WellKnown == WellKnownType.None)
        {
            ReadObject(ref reader, schema, isInAny: false);
        }
        else
        {
            ReadWellKnown(ref reader, schema);
        }
    }

    private void ReadObject(ref Utf8JsonReader reader, MessageSchema schema, bool isInAny)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Error(ref reader, schema);
        }

        var seen = new bool[schema.Fields.Length];
        var oneofs = new FieldSchema?[schema.OneofCount];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = ReadText(ref reader);
            if (isInAny && name == TypeProperty)
            {
                reader.Read();
                continue;
            }

            var field = schema.Find(name)
                ?? throw new BadRequestException(
                    $"{Where}: '{BadRequestException.Shorten(name)}' is not a field of {schema.Descriptor.FullName}.");
            _path.Add(name);
            reader.Read();
            if (seen[field.Index])
            {
                throw new BadRequestException($"{Where} is given more than once.");
            }

            seen[field.Index] = true;
            if (ReadField(ref reader, field) && field.Oneof >= 0)
            {
                if (oneofs[field.Oneof] is { } other)
                {
                    throw new BadRequestException($"{Where} excludes {other.Descriptor.JsonName}: only one of them can be set.");
                }

                oneofs[field.Oneof] = field;
            }

            _path.RemoveAt(_path.Count - 1);
        }
    }

    /// <returns>False where the value is a null that leaves the field unset.</returns>
    private bool ReadField(ref Utf8JsonReader reader, FieldSchema field)
    {
        if (reader.TokenType == JsonTokenType.Null && (field.IsRepeated || !TakesNull(field)))
        {
            return false;
        }

        if (field.IsMap)
        {
            ReadMap(ref reader, field);
        }
        else if (field.IsRepeated)
        {
            ReadList(ref reader, field);
        }
        else
        {
            ReadSingular(ref reader, field);
        }

        return true;
    }

    private void ReadSingular(ref Utf8JsonReader reader, FieldSchema field)
    {
        var start = output.Length;
        output.WriteTag(field.Number, field.WireType);
        var value = output.Length;
        ReadElement(ref reader, field);
        // The default of a field that cannot tell it from being unset is not written, as serializers do not. Any other
        // value, also that of a text, has a byte that is not 0.
        if (!field.HasPresence && !output.Written[value..].ContainsAnyExcept((byte)0))
        {
            output.Truncate(start);
        }
    }

    private void ReadList(ref Utf8JsonReader reader, FieldSchema field)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Error(ref reader, "a list");
        }

        var begin = output.Length;
        var packed = 0;
        if (field.IsPackable)
        {
            output.WriteTag(field.Number, WireType.Delimited);
            packed = output.BeginDelimited();
        }

        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            _path.Add($"[{i}]");
            if (!field.IsPackable)
            {
                output.WriteTag(field.Number, field.WireType);
            }

            ReadElement(ref reader, field);
            _path.RemoveAt(_path.Count - 1);
        }

        if (field.IsPackable && output.Length == packed)
        {
            output.Truncate(begin);
        }
        else if (field.IsPackable)
        {
            output.EndDelimited(packed);
        }
    }

    private void ReadMap(ref Utf8JsonReader reader, FieldSchema field)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Error(ref reader, "an object");
        }

        var (keyField, valueField) = (field.Message!.Fields[0], field.Message.Fields[1]);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = ReadText(ref reader);
            _path.Add(BadRequestException.Shorten(key));
            if (!keys.Add(key))
            {
                throw new BadRequestException($"{Where} is given more than once.");
            }

            output.WriteTag(field.Number, WireType.Delimited);
            var entry = output.BeginDelimited();
            output.WriteTag(keyField.Number, keyField.WireType);
            if (!ScalarText.TryWrite(keyField, key, output))
            {
                throw BadRequestException.For(Where, key, ScalarText.Expected(keyField));
            }

            reader.Read();
            output.WriteTag(valueField.Number, valueField.WireType);
            ReadElement(ref reader, valueField);
            output.EndDelimited(entry);
            _path.RemoveAt(_path.Count - 1);
        }
    }

    /// <summary>Reads one value, of a field, a list or a map, behind its tag.</summary>
    private void ReadElement(ref Utf8JsonReader reader, FieldSchema field)
    {
        if (reader.TokenType == JsonTokenType.Null && !TakesNull(field))
        {
            throw new BadRequestException($"{Where}: null is not a value.");
        }

        if (field.Message is null)
        {
            ReadScalar(ref reader, field);
            return;
        }

        var start = output.BeginDelimited();
        ReadContent(ref reader, field.Message);
        output.EndDelimited(start);
    }

    private static bool TakesNull(FieldSchema field) =>
        field.Message is { WellKnown: WellKnownType.Value } || field.Enum is { IsNullValue: true };

    /// <summary>Where the reader is, for messages: <c>filter.pid[3]</c>; <c>body</c> for the whole.</summary>
    private string Where => _path.Count == 0 ? "body" : string.Join('.', _path).Replace(".[", "[", StringComparison.Ordinal);

    private string ReadText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException ex)
        {
            // The body is UTF-8, which was checked; that leaves an escape such as \ud800 on its own.
            throw new BadRequestException($"{Where}: a \\u escape is half of a surrogate pair.", ex);
        }
    }

    private BadRequestException Error(ref Utf8JsonReader reader, string expected) =>
        BadRequestException.For(Where, TextOf(ref reader), expected);

    private BadRequestException Error(ref Utf8JsonReader reader, MessageSchema schema) =>
        Error(ref reader, $"an object with the fields of {schema.Descriptor.FullName}");

    private string TextOf(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => ReadText(ref reader),
        JsonTokenType.StartObject => "{…}",
        JsonTokenType.StartArray => "[…]",
        _ => Encoding.UTF8.GetString(reader.ValueSpan),
    };
}
