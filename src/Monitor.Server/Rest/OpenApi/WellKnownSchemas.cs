using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.OpenApi;

namespace Monitor.Server;

/// <summary>Schemas of the messages that have a form of their own in JSON.</summary>
internal static class WellKnownSchemas
{
    /// <summary>The schema of a well-known type; null for any other message.</summary>
    public static OpenApiSchema? Of(MessageDescriptor message, GrpcJsonSettings json)
    {
        switch (message.FullName)
        {
            case "google.protobuf.Timestamp":
                return new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Format = "date-time",
                    Examples = ["2026-01-31T12:00:00Z"],
                };
            case "google.protobuf.Duration":
                return new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Pattern = @"^-?[0-9]+(\.[0-9]{1,9})?s$",
                    Examples = ["1.5s"],
                };
            case "google.protobuf.FieldMask":
                return new OpenApiSchema { Type = JsonSchemaType.String, Examples = ["name,address.city"] };
            case "google.protobuf.Any":
                return new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["@type"] = new OpenApiSchema
                        {
                            Type = JsonSchemaType.String,
                            Description = "The type of the message whose fields the object has.",
                            Examples = ["type.googleapis.com/google.rpc.BadRequest"],
                        },
                    },
                    AdditionalProperties = new OpenApiSchema(),
                };
            case "google.protobuf.Struct":
                return new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = new OpenApiSchema() };
            case "google.protobuf.ListValue":
                return new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema() };
            case "google.protobuf.Value":
                return new OpenApiSchema();
            default:
                return IsWrapper(message) ? Nullable(ScalarSchemas.Of(message.Fields[1].FieldType, json)) : null;
        }
    }

    /// <summary>Whether a message has a form as text, which a parameter can have.</summary>
    public static bool IsText(MessageDescriptor message) =>
        message.FullName is "google.protobuf.Timestamp" or "google.protobuf.Duration" or "google.protobuf.FieldMask"
        || IsWrapper(message);

    private static bool IsWrapper(MessageDescriptor message) => message.File.Name == "google/protobuf/wrappers.proto";

    private static OpenApiSchema Nullable(OpenApiSchema value)
    {
        value.Type |= JsonSchemaType.Null;
        return value;
    }
}
