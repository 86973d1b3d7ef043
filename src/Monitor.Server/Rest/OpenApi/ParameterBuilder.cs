using Google.Protobuf.Reflection;
using Microsoft.OpenApi;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>The parameters of an operation: what of the request message is bound to path and query, and how.</summary>
internal sealed class ParameterBuilder(SchemaBuilder schemas, ContractComments comments)
{
    /// <summary>Parameters of the path in its order, then those of the query in the order of the message.</summary>
    public IEnumerable<IOpenApiParameter> Of(RestOperation operation)
    {
        foreach (var variable in operation.Path.Variables)
        {
            yield return InPath(variable, operation.Method.InputType);
        }

        if (operation.Rule.Body == "*")
        {
            yield break;
        }

        foreach (var (name, field) in QueryFields(operation))
        {
            yield return InQuery(name, field);
        }
    }

    private static IEnumerable<(string Name, FieldDescriptor Field)> QueryFields(RestOperation operation)
    {
        var bound = operation.Path.Variables.Select(variable => variable.FieldPath).ToHashSet();
        bound.Add(operation.Rule.Body);
        return Fields(operation.Method.InputType, "", "", [])
            .Where(found => !bound.Contains(found.Path))
            .Select(found => (found.Name, found.Field));

        // Fields of a message are reached by dots. A list of messages, a map or an Any has no form as a parameter.
        IEnumerable<(string Path, string Name, FieldDescriptor Field)> Fields(
            MessageDescriptor message, string path, string name, MessageDescriptor[] outer)
        {
            foreach (var field in message.Fields.InDeclarationOrder())
            {
                var (fieldPath, fieldName) = (path + field.Name, name + field.JsonName);
                if (field.FieldType is not (FieldType.Message or FieldType.Group)
                    || (!field.IsMap && WellKnownSchemas.IsText(field.MessageType)))
                {
                    yield return (fieldPath, fieldName, field);
                }
                else if (!field.IsRepeated
                    && !bound.Contains(fieldPath)
                    && field.MessageType != message
                    && !outer.Contains(field.MessageType)
                    && field.MessageType.File.Package != "google.protobuf")
                {
                    foreach (var inner in Fields(field.MessageType, fieldPath + ".", fieldName + ".", [.. outer, message]))
                    {
                        yield return inner;
                    }
                }
            }
        }
    }

    private OpenApiParameter InQuery(string name, FieldDescriptor field) => new()
    {
        Name = name,
        In = ParameterLocation.Query,
        Description = Markdown.Of(comments.Find(field.FullName)),
        Deprecated = field.GetOptions()?.Deprecated ?? false,
        Schema = WithoutDescription(schemas.Of(field)),
        Style = ParameterStyle.Form,
        // A list is the parameter repeated, not one with commas.
        Explode = true,
    };

    private OpenApiParameter InPath(RestPathVariable variable, MessageDescriptor request)
    {
        var field = variable.FieldPath is null ? null : FindField(request, variable.FieldPath);
        var form = variable.Pattern is null ? null : $"Of the form `{variable.Pattern}`, its slashes as they are.";
        return new OpenApiParameter
        {
            Name = variable.Name,
            In = ParameterLocation.Path,
            Required = true,
            Description = Markdown.Join(field is null ? null : Markdown.Of(comments.Find(field.FullName)), form),
            Deprecated = field?.GetOptions()?.Deprecated ?? false,
            Schema = field is null ? new OpenApiSchema { Type = JsonSchemaType.String } : WithoutDescription(schemas.Of(field)),
        };
    }

    private static FieldDescriptor? FindField(MessageDescriptor message, string path)
    {
        FieldDescriptor? field = null;
        foreach (var name in path.Split('.'))
        {
            field = (field is null ? message : field.MessageType).FindFieldByName(name);
            if (field is null)
            {
                return null;
            }
        }

        return field;
    }

    // The parameter has it.
    private static IOpenApiSchema WithoutDescription(IOpenApiSchema schema)
    {
        if (schema is OpenApiSchema inline)
        {
            inline.Description = null;
        }
        else if (schema is OpenApiSchemaReference reference)
        {
            reference.Description = null;
        }

        return schema;
    }
}
