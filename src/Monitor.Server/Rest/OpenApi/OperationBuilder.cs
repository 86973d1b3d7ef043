using System.Globalization;
using Google.Protobuf.Reflection;
using Microsoft.OpenApi;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>Operations: one for each HTTP method of each http rule.</summary>
internal sealed class OperationBuilder(OpenApiDocument document, SchemaBuilder schemas, ContractComments comments)
{
    // What JSON transcoding answers, one message or many: a stream is a line of JSON for each message.
    private const string Json = "application/json";

    private readonly ParameterBuilder _parameters = new(schemas, comments);
    private readonly ErrorResponses _errors = new(document, schemas);
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>Describes a rule; call it again for another HTTP method of the same rule.</summary>
    public OpenApiOperation Build(RestOperation operation)
    {
        var method = operation.Method;
        var comment = comments.Find(method.FullName);
        var responses = new OpenApiResponses { ["200"] = Response(operation) };
        if (ContractFacts.OtherStatuses.TryGetValue(method.FullName, out var other))
        {
            var response = Response(operation);
            response.Description = other.Meaning;
            responses[other.Status.ToString(CultureInfo.InvariantCulture)] = response;
        }

        _errors.AddTo(responses);
        var parameters = _parameters.Of(operation).ToList();
        return new OpenApiOperation
        {
            OperationId = IdOf(method),
            Tags = new HashSet<OpenApiTagReference> { new(method.Service.Name, document) },
            Summary = Markdown.Title(comment),
            Description = Markdown.Join(Markdown.Of(comment), operation.IsStream && operation.Rule.ResponseBody.Length == 0
                ? "The response has a line of JSON for each message, sent when it happens, and may have no end: read it with "
                    + "`curl -N`. A page that waits for the end of a response shows nothing."
                : null),
            Deprecated = method.GetOptions()?.Deprecated ?? false,
            Parameters = parameters.Count == 0 ? null : parameters,
            RequestBody = RequestBody(operation),
            Responses = responses,
        };
    }

    private OpenApiRequestBody? RequestBody(RestOperation operation)
    {
        var rule = operation.Rule;
        if (rule.Body.Length == 0)
        {
            return null;
        }

        var request = operation.Method.InputType;
        return new OpenApiRequestBody
        {
            Description = Markdown.Of(comments.Find(
                rule.Body == "*" ? request.FullName : request.FindFieldByName(rule.Body).FullName)),
            Required = true,
            Content = Content(request, rule.Body == "*" ? "" : rule.Body),
        };
    }

    private OpenApiResponse Response(RestOperation operation)
    {
        var response = operation.Method.OutputType;
        return new OpenApiResponse
        {
            Description = Markdown.Of(comments.Find(response.FullName)) ?? "OK",
            Content = Content(response, operation.Rule.ResponseBody, ContractFacts.MediaTypes.GetValueOrDefault(operation.Method.FullName)),
        };
    }

    /// <summary>A message, or the one of its fields that stands for it.</summary>
    private Dictionary<string, OpenApiMediaType> Content(
        MessageDescriptor message, string fieldName, IReadOnlyList<string>? mediaTypes = null)
    {
        var field = fieldName.Length == 0 ? null : message.FindFieldByName(fieldName);
        var body = field is null ? message : field.FieldType == FieldType.Message && !field.IsRepeated ? field.MessageType : null;
        if (body?.FullName == "google.api.HttpBody")
        {
            // Bytes, with a content type of their own.
            return (mediaTypes ?? ["*/*"]).ToDictionary(
                type => type, _ => new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } });
        }

        return new() { [Json] = new() { Schema = field is null ? schemas.Of(message) : schemas.Of(field) } };
    }

    private string IdOf(MethodDescriptor method)
    {
        var name = $"{method.Service.Name}_{method.Name}";
        var id = name;
        for (var i = 2; !_ids.Add(id); i++)
        {
            id = $"{name}_{i}";
        }

        return id;
    }
}
