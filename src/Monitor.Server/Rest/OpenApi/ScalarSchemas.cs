using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.OpenApi;

namespace Monitor.Server;

/// <summary>Schemas of scalars, as the protobuf JSON mapping writes them.</summary>
internal static class ScalarSchemas
{
    /// <param name="type">Any but messages, groups and enums.</param>
    /// <param name="json">How the server writes JSON.</param>
    public static OpenApiSchema Of(FieldType type, GrpcJsonSettings json) => type switch
    {
        FieldType.Double => new() { Type = JsonSchemaType.Number, Format = "double" },
        FieldType.Float => new() { Type = JsonSchemaType.Number, Format = "float" },
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 =>
            new() { Type = JsonSchemaType.Integer, Format = "int32" },
        // The format says the maximum. Said again, Swagger UI would show it as the example.
        FieldType.UInt32 or FieldType.Fixed32 =>
            new() { Type = JsonSchemaType.Integer, Format = "uint32", Minimum = "0" },
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Int64("int64", "^-?[0-9]+$", json),
        FieldType.UInt64 or FieldType.Fixed64 => Int64("uint64", "^[0-9]+$", json),
        FieldType.Bool => new() { Type = JsonSchemaType.Boolean },
        FieldType.Bytes => new() { Type = JsonSchemaType.String, Format = "byte", ContentEncoding = "base64" },
        FieldType.String => new() { Type = JsonSchemaType.String },
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "This is not a scalar."),
    };

    // Numbers in JavaScript are exact up to 2^53 only, so 64-bit ones are text.
    private static OpenApiSchema Int64(string format, string pattern, GrpcJsonSettings json) => json.WriteInt64sAsStrings
        ? new() { Type = JsonSchemaType.String, Format = format, Pattern = pattern }
        : new() { Type = JsonSchemaType.Integer, Format = format };
}
