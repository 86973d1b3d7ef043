using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;

namespace Monitor.Server;

/// <summary>Checks that a JSON body is a request of a given message, before transcoding reads it.</summary>
internal static class JsonBodyCheck
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>What is wrong, for the client, with the field that is at fault where there is one. Null: nothing.</summary>
    /// <param name="body">The whole body, UTF-8.</param>
    /// <param name="request">What it must be. Its fields are values or lists of values, as those of all requests.</param>
    public static (string? Field, string Problem)? Check(ReadOnlySpan<byte> body, MessageDescriptor request)
    {
        body = body.StartsWith(ByteOrderMark) ? body[ByteOrderMark.Length..] : body;
        if (body.IsEmpty)
        {
            return (null, "the body is empty: send a JSON object; {} leaves every field unset");
        }

        var reader = new Utf8JsonReader(body);
        string? field = null;
        try
        {
            reader.Read();
            return reader.TokenType == JsonTokenType.StartObject
                ? CheckFields(ref reader, request, ref field)
                : (null, "the body must be a JSON object; {} leaves every field unset");
        }
        catch (JsonException malformed)
        {
            return (field, string.Create(
                CultureInfo.InvariantCulture,
                $"the body is not valid JSON at line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}{In(field)}"));
        }
        catch (InvalidOperationException)
        {
            // A text with half a surrogate pair, or that is not UTF-8.
            return (field, $"the body has a text that is not valid Unicode{In(field)}");
        }
    }

    private static string In(string? field) => field is null ? "" : $", in the field '{RequestFields.Shorten(field)}'";

    private static (string? Field, string Problem)? CheckFields(
        ref Utf8JsonReader reader, MessageDescriptor request, ref string? name)
    {
        var given = new HashSet<FieldDescriptor>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            name = reader.GetString()!;
            if (RequestFields.Find(request, name) is not { } field)
            {
                return (name, RequestFields.Unknown(
                    "field", name, request.Fields.InFieldNumberOrder().Select(known => known.JsonName)));
            }

            if (!given.Add(field))
            {
                return (name, $"the field '{name}' is given more than once");
            }

            reader.Read();
            if (CheckField(ref reader, name, field) is { } problem)
            {
                return (name, problem);
            }
        }

        name = null;
        // Nothing may follow the object; the reader says so itself.
        reader.Read();
        return null;
    }

    private static string? CheckField(ref Utf8JsonReader reader, string name, FieldDescriptor field)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (!field.IsRepeated)
        {
            return CheckValue(ref reader, name, field);
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return $"{name}: '{Describe(ref reader)}' must be a list, each value {FieldValues.Accepted(field)}";
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (CheckValue(ref reader, name, field) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static string? CheckValue(ref Utf8JsonReader reader, string name, FieldDescriptor field)
    {
        var fits = field.FieldType switch
        {
            FieldType.Bool => reader.TokenType is JsonTokenType.True or JsonTokenType.False,
            FieldType.UInt32 or FieldType.UInt64 or FieldType.Int32 => reader.TokenType is JsonTokenType.Number or JsonTokenType.String,
            _ => reader.TokenType is JsonTokenType.String,
        };
        var value = Describe(ref reader);
        return fits ? FieldValues.Problem(name, field, value) : FieldValues.Unexpected(name, field, value);
    }

    // Throws InvalidOperationException where the text is not valid Unicode.
    private static string Describe(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.StartArray => "[...]",
        JsonTokenType.StartObject => "{...}",
        _ => Encoding.UTF8.GetString(reader.ValueSpan),
    };
}
