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
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.QueryString.HasValue
            && context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is { } endpoint
            && Check(context, endpoint) is (var field, var problem))
        {
            return RestError.WriteAsync(
                context, StatusCodes.Status400BadRequest, StatusCode.InvalidArgument, problem, field);
        }

        return next(context);
    }

    private static (string Field, string Problem)? Check(HttpContext context, GrpcJsonTranscodingMetadata endpoint)
    {
        var request = context.Request;
        if (!StrictBodies.TakesBody(endpoint))
        {
            return Check(request.QueryString.Value, endpoint.MethodDescriptor.InputType);
        }

        // They would be ignored: the body is the whole request.
        foreach (var parameter in new QueryStringEnumerable(request.QueryString.Value))
        {
            var name = parameter.DecodeName().ToString();
            return (name, $"parameter '{RequestFields.Shorten(name)}': {request.Method} takes its parameters as fields of "
                + "the JSON body only");
        }

        return null;
    }

    private static (string Field, string Problem)? Check(string? query, MessageDescriptor request)
    {
        var known = RequestFields.ParametersOf(request);
        HashSet<string>? given = null;
        foreach (var parameter in new QueryStringEnumerable(query))
        {
            var name = parameter.DecodeName().ToString();
            if (!known.TryGetValue(name, out var isRepeated))
            {
                return (name, RequestFields.Unknown("parameter", name, known.Keys));
            }

            if (!isRepeated && !(given ??= []).Add(name))
            {
                return (name, $"the parameter '{name}' is given more than once: it takes one value");
            }
        }

        return null;
    }
}
