using System.Collections.Concurrent;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Monitor.Server;

/// <summary>
/// Refuses query parameters that the endpoint does not have, and those given twice that it takes once. A typo in a
/// filter must not answer with everything. Runs between routing and the endpoints.
/// </summary>
internal sealed class StrictParameters(RequestDelegate next)
{
    private readonly ConcurrentDictionary<MessageDescriptor, Dictionary<string, bool>> _known = new();

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.QueryString.HasValue
            && context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is { } method
            && Check(context.Request.QueryString.Value, method.MethodDescriptor.InputType) is { } problem)
        {
            return RestError.WriteAsync(
                context, StatusCodes.Status400BadRequest, StatusCode.InvalidArgument, problem);
        }

        return next(context);
    }

    private string? Check(string query, MessageDescriptor request)
    {
        var known = _known.GetOrAdd(request, static descriptor => Parameters(descriptor, "", 0));
        HashSet<string>? given = null;
        foreach (var parameter in new QueryStringEnumerable(query))
        {
            var name = parameter.DecodeName().ToString();
            if (!known.TryGetValue(name, out var isRepeated))
            {
                return $"unknown parameter '{name}': {NearestName.DidYouMean(name, known.Keys)}"
                    + (known.Count == 0 ? "this path takes none" : $"this path takes {string.Join(", ", known.Keys)}");
            }

            if (!isRepeated && !(given ??= []).Add(name))
            {
                return $"the parameter '{name}' is given more than once: it takes one value";
            }
        }

        return null;
    }

    /// <summary>The parameters by JSON name, each with whether it may be repeated. Fields of messages are reached by
    /// dots, but for the well-known types, which are one value.</summary>
    private static Dictionary<string, bool> Parameters(MessageDescriptor message, string prefix, int depth)
    {
        // Requests are flat; the bound is for one that contains itself.
        const int MaxDepth = 4;
        var parameters = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var field in message.Fields.InFieldNumberOrder())
        {
            if (field.FieldType != FieldType.Message
                || field.MessageType.File.Package.Equals("google.protobuf", StringComparison.Ordinal))
            {
                parameters.Add(prefix + field.JsonName, field.IsRepeated);
            }
            else if (!field.IsRepeated && depth < MaxDepth)
            {
                foreach (var (name, isRepeated) in Parameters(field.MessageType, prefix + field.JsonName + ".", depth + 1))
                {
                    parameters.Add(name, isRepeated);
                }
            }
        }

        return parameters;
    }
}
