using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Formats;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Reading;

/// <content>Scalars and well-known types.</content>
internal sealed partial class JsonMessageReader
{
    private const string TypeProperty = "@type";
    private const string ValueProperty = "value";

    private void ReadScalar(ref Utf8JsonReader reader, FieldSchema field)
    {
        var isString = reader.TokenType == JsonTokenType.String;
        switch (field.Type)
        {
            case FieldType.Bool when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                output.WriteByte(reader.TokenType == JsonTokenType.True ? (byte)1 : (byte)0);
                return;
            case FieldType.String when isString:
                ScalarText.WriteString(ReadText(ref reader), output);
                return;
            case FieldType.Bytes when isString:
                var base64 = ReadText(ref reader);
                // A space is only forgiven in a URL.
                if (!base64.Contains(' ', StringComparison.Ordinal) && ScalarText.TryWriteBytes(base64, output))
                {
                    return;
                }

                break;
            case FieldType.Enum:
                if (TryReadEnum(ref reader, field.Enum!, out var number))
                {
                    output.WriteVarint((ulong)number);
                    return;
                }

                break;
            case FieldType.Bool or FieldType.String or FieldType.Bytes:
                break;
            default:
                if (reader.TokenType == JsonTokenType.Number || isString)
                {
                    var text = isString ? ReadText(ref reader) : Encoding.UTF8.GetString(reader.ValueSpan);
                    if (ScalarText.TryWrite(field, text, output))
                    {
                        return;
                    }
                }

                break;
        }

        throw Error(ref reader, field.Type == FieldType.String ? "a string" : ScalarText.Expected(field));
    }

    private bool TryReadEnum(ref Utf8JsonReader reader, EnumSchema schema, out int number)
    {
        number = 0;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return schema.IsNullValue;
            case JsonTokenType.String:
                return schema.TryParse(ReadText(ref reader), out number);
            case JsonTokenType.Number:
                // A number that the enum has no name for is kept: it may come from a newer version of it.
                var isWhole = ScalarText.TryParseSigned(Encoding.UTF8.GetString(reader.ValueSpan), out var value);
                number = (int)value;
                return isWhole && number == value;
            default:
                return false;
        }
    }

    private void ReadWellKnown(ref Utf8JsonReader reader, MessageSchema schema)
    {
        switch (schema.WellKnown)
        {
            case WellKnownType.Any:
                ReadAny(ref reader, schema);
                break;
            case WellKnownType.Struct when reader.TokenType == JsonTokenType.StartObject:
                ReadMap(ref reader, schema.Fields[0]);
                break;
            case WellKnownType.ListValue when reader.TokenType == JsonTokenType.StartArray:
                ReadList(ref reader, schema.Fields[0]);
                break;
            case WellKnownType.Value:
                ReadDynamicValue(ref reader, schema);
                break;
            case WellKnownType.Wrapper:
                ReadSingular(ref reader, schema.Fields[0]);
                break;
            case WellKnownType.Timestamp:
                if (reader.TokenType != JsonTokenType.String
                    || !TimestampFormat.TryParse(ReadText(ref reader), out var seconds, out var nanos))
                {
                    throw Error(ref reader, TimestampFormat.Expected);
                }

                output.WriteSecondsAndNanos(seconds, nanos);
                break;
            case WellKnownType.Duration:
                if (reader.TokenType != JsonTokenType.String
                    || !DurationFormat.TryParse(ReadText(ref reader), out seconds, out nanos))
                {
                    throw Error(ref reader, DurationFormat.Expected);
                }

                output.WriteSecondsAndNanos(seconds, nanos);
                break;
            case WellKnownType.FieldMask when reader.TokenType == JsonTokenType.String:
                ReadFieldMask(ref reader);
                break;
            default:
                throw Error(ref reader, schema.WellKnown switch
                {
                    WellKnownType.FieldMask => FieldMaskFormat.Expected,
                    WellKnownType.Struct => "an object",
                    _ => "a list",
                });
        }
    }

    private void ReadFieldMask(ref Utf8JsonReader reader)
    {
        var text = ReadText(ref reader);
        if (text.Length == 0)
        {
            return;
        }

        foreach (var part in text.Split(','))
        {
            var path = FieldMaskFormat.FromJson(part, allowSnakeCase: false) ?? throw Error(ref reader, FieldMaskFormat.Expected);
            output.WriteTag(1, WireType.Delimited);
            output.WriteDelimited(Encoding.UTF8.GetBytes(path));
        }
    }

    // The fields of google.protobuf.Value, in order: null, number, string, bool, struct, list.
    private void ReadDynamicValue(ref Utf8JsonReader reader, MessageSchema schema)
    {
        var field = schema.Fields[reader.TokenType switch
        {
            JsonTokenType.Null => 0,
            JsonTokenType.Number => 1,
            JsonTokenType.String => 2,
            JsonTokenType.True or JsonTokenType.False => 3,
            JsonTokenType.StartObject => 4,
            _ => 5,
        }];
        output.WriteTag(field.Number, field.WireType);
        ReadElement(ref reader, field);
    }

    private void ReadAny(ref Utf8JsonReader reader, MessageSchema any)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Error(ref reader, any);
        }

        if (!TryFindType(reader, out var url))
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.EndObject)
            {
                throw new BadRequestException($"{Where}: a google.protobuf.Any needs the property @type.");
            }

            return;
        }

        var schema = schemas.Find(url[(url.LastIndexOf('/') + 1)..])
            ?? throw new BadRequestException($"{Where}.@type: '{BadRequestException.Shorten(url)}' is not a type that the server knows.");
        output.WriteTag(any.Fields[0].Number, WireType.Delimited);
        ScalarText.WriteString(url, output);
        output.WriteTag(any.Fields[1].Number, WireType.Delimited);
        var start = output.BeginDelimited();
        if (schema.IsValueInAny())
        {
            ReadValueInAny(ref reader, schema);
        }
        else
        {
            ReadObject(ref reader, schema, isInAny: true);
        }

        output.EndDelimited(start);
    }

    private void ReadValueInAny(ref Utf8JsonReader reader, MessageSchema schema)
    {
        var found = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = ReadText(ref reader);
            reader.Read();
            if (name == ValueProperty && !found)
            {
                found = true;
                _path.Add(name);
                ReadContent(ref reader, schema);
                _path.RemoveAt(_path.Count - 1);
            }
            else if (name != TypeProperty)
            {
                throw new BadRequestException(
                    $"{Where}: '{BadRequestException.Shorten(name)}' is not expected: a {schema.Descriptor.FullName} is the property value.");
            }
        }

        if (!found)
        {
            throw new BadRequestException($"{Where}: a {schema.Descriptor.FullName} is the property value, which is missing.");
        }
    }

    /// <summary>Looks ahead for the type: JSON does not say that it comes first.</summary>
    private bool TryFindType(Utf8JsonReader reader, out string url)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isType = ReadText(ref reader) == TypeProperty;
            reader.Read();
            if (isType)
            {
                url = reader.TokenType == JsonTokenType.String ? ReadText(ref reader) : throw Error(ref reader, "a type URL");
                return true;
            }

            reader.Skip();
        }

        url = "";
        return false;
    }
}
