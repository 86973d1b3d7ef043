using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Templates;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>One google.api.http rule of an rpc, resolved against its messages. Immutable.</summary>
internal sealed class RouteRule
{
    private RouteRule(MethodDescriptor method, HttpRule rule, string httpMethod, PathTemplate template, SchemaCache schemas)
    {
        Method = method;
        Rule = rule;
        HttpMethod = httpMethod;
        Template = template;
        Route = new TemplateRoute(template);
        Input = schemas.Get(method.InputType);
        Output = schemas.Get(method.OutputType);
        Variables = [.. template.Variables.Select(v => (v, Resolve(v)))];
        BodyIsMessage = rule.Body == "*";
        BodyField = rule.Body is "" or "*" ? null : TopLevel(Input, "body", rule.Body);
        ResponseField = rule.ResponseBody.Length == 0 ? null : TopLevel(Output, "response_body", rule.ResponseBody);
    }

    public MethodDescriptor Method { get; }

    public HttpRule Rule { get; }

    /// <summary>GET and so on, in capitals as HTTP has them; <c>*</c> for all methods.</summary>
    public string HttpMethod { get; }

    public PathTemplate Template { get; }

    public TemplateRoute Route { get; }

    public MessageSchema Input { get; }

    public MessageSchema Output { get; }

    /// <summary>The variables of the path and the fields that they set.</summary>
    public IReadOnlyList<(TemplateVariable Variable, FieldPath Path)> Variables { get; }

    /// <summary>True where the body is the whole message, so that the query sets nothing.</summary>
    public bool BodyIsMessage { get; }

    /// <summary>The field that the body is; null where the body is the whole message or nothing.</summary>
    public FieldSchema? BodyField { get; }

    /// <summary>The field of the response that is answered; null for the whole response.</summary>
    public FieldSchema? ResponseField { get; }

    public bool HasBody => BodyIsMessage || BodyField is not null;

    /// <summary>Resolves a rule; null where it has no path, as a rule that only holds additional bindings may.</summary>
    /// <exception cref="FormatException">The path is no path template.</exception>
    /// <exception cref="InvalidOperationException">A name in the rule is no field.</exception>
    public static RouteRule? Create(MethodDescriptor method, HttpRule rule, SchemaCache schemas)
    {
        (string? httpMethod, string? path) = rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => ("GET", rule.Get),
            HttpRule.PatternOneofCase.Put => ("PUT", rule.Put),
            HttpRule.PatternOneofCase.Post => ("POST", rule.Post),
            HttpRule.PatternOneofCase.Delete => ("DELETE", rule.Delete),
            HttpRule.PatternOneofCase.Patch => ("PATCH", rule.Patch),
            HttpRule.PatternOneofCase.Custom => (rule.Custom.Kind, rule.Custom.Path),
            _ => default((string?, string?)),
        };
        return httpMethod is null || path is null
            ? null
            : new RouteRule(method, rule, httpMethod, PathTemplate.Parse(path), schemas);
    }

    /// <summary>Whether a parameter of the query may set a field: not where the path or the body does.</summary>
    public bool IsBoundElsewhere(FieldPath path) =>
        BodyIsMessage || path.Fields[0] == BodyField || Variables.Any(v => v.Path.Fields.SequenceEqual(path.Fields));

    private FieldPath Resolve(TemplateVariable variable)
    {
        var path = FieldPath.Find(Input, variable.FieldPath)
            ?? throw new InvalidOperationException(
                $"The path '{Template.Text}' of {Method.FullName} names the field '{variable.FieldPath}', which {Input.Descriptor.FullName} does not have.");
        if (path.Fields.Any(f => f.IsRepeated))
        {
            throw new InvalidOperationException(
                $"The path '{Template.Text}' of {Method.FullName} binds '{variable.FieldPath}', which is or is in a list: a path has one value.");
        }

        return ParameterShape.ProblemOf(path) is { } problem
            ? throw new InvalidOperationException($"The path '{Template.Text}' of {Method.FullName} cannot be bound: {problem}")
            : path;
    }

    private FieldSchema TopLevel(MessageSchema message, string what, string name) =>
        message.Fields.FirstOrDefault(f => f.Descriptor.Name == name)
        ?? throw new InvalidOperationException(
            $"The {what} of {Method.FullName} is '{name}', which is no field of {message.Descriptor.FullName} itself.");
}
