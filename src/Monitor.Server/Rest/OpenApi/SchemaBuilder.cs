using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.OpenApi;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>Schemas of fields and messages. A message or enum becomes a component of the document when first asked for.</summary>
internal sealed class SchemaBuilder(
    OpenApiDocument document,
    ContractComments comments,
    IReadOnlyDictionary<string, FieldFacts> facts,
    GrpcJsonSettings json)
{
    /// <summary>The value of a field, with what is known about the field.</summary>
    public IOpenApiSchema Of(FieldDescriptor field)
    {
        var known = facts.GetValueOrDefault(field.FullName);
        var description = Markdown.Of(comments.Find(field.FullName));
        if (field.IsMap)
        {
            return new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                AdditionalProperties = OfValue(field.MessageType.FindFieldByNumber(2), null),
                Description = description,
            };
        }

        var value = OfValue(field, known);
        if (field.IsRepeated)
        {
            return new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = value,
                MaxItems = known?.MaxItems,
                Description = description,
            };
        }

        if (value is OpenApiSchema inline)
        {
            inline.Description = description;
            inline.Default = known?.Default?.DeepClone();
        }
        else if (value is OpenApiSchemaReference reference)
        {
            reference.Description = description;
        }

        return value;
    }

    /// <summary>A message: a reference to its component, or the schema itself of a well-known type.</summary>
    public IOpenApiSchema Of(MessageDescriptor message) =>
        WellKnownSchemas.Of(message, json) as IOpenApiSchema
        ?? Reference(message.FullName, schema =>
        {
            schema.Type = JsonSchemaType.Object;
            schema.Description = Describe(message);
            schema.Deprecated = message.GetOptions()?.Deprecated ?? false;
            schema.Properties = new Dictionary<string, IOpenApiSchema>();
            foreach (var field in message.Fields.InDeclarationOrder())
            {
                schema.Properties.Add(field.JsonName, Of(field));
            }
        });

    private IOpenApiSchema OfValue(FieldDescriptor field, FieldFacts? known)
    {
        switch (field.FieldType)
        {
            case FieldType.Enum:
                return Of(field.EnumType);
            case FieldType.Message or FieldType.Group:
                var message = Of(field.MessageType);
                if (message is OpenApiSchema wellKnown)
                {
                    Add(wellKnown, known);
                }

                return message;
            default:
                var schema = ScalarSchemas.Of(field.FieldType, json);
                Add(schema, known);
                return schema;
        }
    }

    private OpenApiSchemaReference Of(EnumDescriptor type) => Reference(type.FullName, schema =>
    {
        schema.Type = json.WriteEnumsAsIntegers ? JsonSchemaType.Integer : JsonSchemaType.String;
        schema.Enum = [.. type.Values.Select(value => json.WriteEnumsAsIntegers ? (JsonNode)value.Number : value.Name)];
        var values = type.Values.Select(value =>
            comments.Find($"{type.FullName}.{value.Name}") is { } comment
                ? $"- `{value.Name}`: {Markdown.Of(comment)}"
                : $"- `{value.Name}`");
        schema.Description = Markdown.Join(Markdown.Of(comments.Find(type.FullName)), string.Join('\n', values));
    });

    private OpenApiSchemaReference Reference(string name, Action<OpenApiSchema> fill)
    {
        if (document.Components?.Schemas?.ContainsKey(name) != true)
        {
            var schema = new OpenApiSchema();
            // First, as a message may contain itself.
            document.AddComponent<IOpenApiSchema>(name, schema);
            fill(schema);
        }

        return new OpenApiSchemaReference(name, document);
    }

    private string? Describe(MessageDescriptor message)
    {
        var description = Markdown.Of(comments.Find(message.FullName));
        foreach (var oneof in message.Oneofs.Where(oneof => !oneof.IsSynthetic))
        {
            var members = string.Join(", ", oneof.Fields.Select(field => $"`{field.JsonName}`"));
            description = Markdown.Join(description, $"At most one of {members} is set.");
        }

        return description;
    }

    private static void Add(OpenApiSchema schema, FieldFacts? known)
    {
        if (known is null)
        {
            return;
        }

        schema.Minimum = known.Minimum?.ToString(CultureInfo.InvariantCulture) ?? schema.Minimum;
        schema.Maximum = known.Maximum?.ToString(CultureInfo.InvariantCulture) ?? schema.Maximum;
        schema.MaxLength = known.MaxLength;
        if (known.Example is not null)
        {
            // Not as the example of a parameter: Swagger UI would fill that in, and ask for less than the user meant.
            schema.Examples = [known.Example.DeepClone()];
        }
    }
}
