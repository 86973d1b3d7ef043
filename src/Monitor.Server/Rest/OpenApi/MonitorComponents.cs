using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Describes the details of the user's own monitors, which the contract knows in general only: a component for each.</summary>
internal static class MonitorComponents
{
    private const string Prefix = "monitor.v1.CustomDetail.";

    // The field of CustomValue in which a kind of fields is, and how JSON has it.
    private static readonly Dictionary<string, (string Field, JsonSchemaType Type)> Values = new(StringComparer.Ordinal)
    {
        ["integer"] = ("integer", JsonSchemaType.String),
        ["number"] = ("number", JsonSchemaType.String),
        ["port"] = ("number", JsonSchemaType.String),
        ["flag"] = ("flag", JsonSchemaType.Boolean),
        ["duration"] = ("duration", JsonSchemaType.String),
        ["time"] = ("time", JsonSchemaType.String),
    };

    /// <summary>The monitors that have a schema, one of each name: nodes that have different versions are rare, and soon alike.</summary>
    public static IReadOnlyList<Program> Distinct(IReadOnlyList<Program> programs) =>
    [
        .. programs.Where(program => program.Schema is not null)
            .GroupBy(program => program.Name, StringComparer.Ordinal)
            .Select(same => same.First())
            .OrderBy(program => program.Name, StringComparer.Ordinal),
    ];

    /// <summary>Adds them to a document.</summary>
    public static void Add(OpenApiDocument document, IReadOnlyList<Program> monitors)
    {
        foreach (var monitor in monitors)
        {
            document.AddComponent(Prefix + monitor.Name, new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Title = monitor.Name,
                Description = Markdown.Join($"CustomDetail where type is `{monitor.Name}`.", monitor.Description),
                Properties = new Dictionary<string, IOpenApiSchema>
                {
                    ["fields"] = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        // What an agent says of its monitors may be anything, such as two fields of one name.
                        Properties = monitor.Schema.Fields.Where(field => !field.Common).DistinctBy(field => field.Name, StringComparer.Ordinal)
                            .ToDictionary(field => field.Name, field => (IOpenApiSchema)Describe(field), StringComparer.Ordinal),
                    },
                    ["failed"] = new OpenApiSchema { Type = JsonSchemaType.Boolean },
                },
            });
        }
    }

    private static OpenApiSchema Describe(MonitorField field)
    {
        var (name, type) = Values.GetValueOrDefault(field.Kind, ("text", JsonSchemaType.String));
        var value = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                [name] = new OpenApiSchema
                {
                    Type = type,
                    // A value without a name is shown as its number, so this is what is meant, not all that comes.
                    Examples = field.Values.Count == 0 ? null : [.. field.Values.Select(known => (JsonNode)known)],
                },
            },
        };
        if (field.Count > 0 || field.Kind == "stack")
        {
            value = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Properties = new Dictionary<string, IOpenApiSchema>
                {
                    ["list"] = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Properties = new Dictionary<string, IOpenApiSchema>
                        {
                            ["values"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = value },
                        },
                    },
                },
            };
        }

        value.Description = Markdown.Join(field.Doc, $"`{field.CType}`");
        return value;
    }
}
