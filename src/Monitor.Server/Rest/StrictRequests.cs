using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Monitor.Server;

/// <summary>
/// Refuses what transcoding would ignore, or refuse without saying what is wrong: query parameters and fields of the body
/// that the rpc does not have, those given twice that take one value, and values that cannot be parsed. A typo in a filter
/// must not answer with everything. Runs between routing and the endpoints.
/// </summary>
internal sealed class StrictRequests(RequestDelegate next)
{
    private const string SendJson = "send the request as a JSON object with Content-Type: application/json; {} leaves every field unset";

    public async Task InvokeAsync(HttpContext context)
    {
        if (RestRequest.IsRest(context)
            && context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is { } endpoint
            && await CheckAsync(context, endpoint) is (var field, var problem))
        {
            await RestError.WriteAsync(
                context, StatusCodes.Status400BadRequest, StatusCode.InvalidArgument, problem, field);
            return;
        }

        await next(context);
    }

    private static async ValueTask<(string? Field, string Problem)?> CheckAsync(
        HttpContext context, GrpcJsonTranscodingMetadata endpoint)
    {
        var request = context.Request;
        var message = endpoint.MethodDescriptor.InputType;
        if (endpoint.HttpRule.Body != "*")
        {
            // Of a body that nobody reads. Transcoding would look up its charset, and fail where there is none of that name.
            request.ContentType = null;
            return CheckQuery(request.QueryString.Value, message);
        }

        if (CheckNoQuery(request) is { } problem)
        {
            return problem;
        }

        if (CheckContentType(request) is { } type)
        {
            return (null, type);
        }

        var body = await ReadAsync(context);
        return JsonBodyCheck.Check(body.GetBuffer().AsSpan(0, (int)body.Length), message);
    }

    private static (string Field, string Problem)? CheckQuery(string? query, MessageDescriptor message)
    {
        var known = RequestFields.ParametersOf(message);
        HashSet<string>? given = null;
        foreach (var parameter in new QueryStringEnumerable(query))
        {
            var name = parameter.DecodeName().ToString();
            if (!known.TryGetValue(name, out var field))
            {
                return (name, RequestFields.Unknown("parameter", name, known.Keys));
            }

            if (!field.IsRepeated && !(given ??= []).Add(name))
            {
                return (name, $"the parameter '{name}' is given more than once: it takes one value");
            }

            if (FieldValues.Problem(name, field, parameter.DecodeValue().ToString()) is { } problem)
            {
                return (name, problem);
            }
        }

        return null;
    }

    // The body is the whole request, so they would be ignored.
    private static (string Field, string Problem)? CheckNoQuery(HttpRequest request)
    {
        foreach (var parameter in new QueryStringEnumerable(request.QueryString.Value))
        {
            var name = parameter.DecodeName().ToString();
            return (name, $"parameter '{RequestFields.Shorten(name)}': {request.Method} takes its parameters as fields of "
                + "the JSON body only");
        }

        return null;
    }

    private static string? CheckContentType(HttpRequest request)
    {
        if (string.IsNullOrEmpty(request.ContentType))
        {
            return "the request has no body with a content type: " + SendJson;
        }

        // JSON between systems is UTF-8 (RFC 8259, 8.1).
        return request.HasJsonContentType()
            && MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            ? null
            : $"the content type '{RequestFields.Shorten(request.ContentType)}' is not JSON in UTF-8: {SendJson}";
    }

    /// <summary>Reads the body, and leaves it to be read once more.</summary>
    /// <exception cref="BadHttpRequestException">It is longer than the server takes, or not sent as announced.</exception>
    private static async Task<MemoryStream> ReadAsync(HttpContext context)
    {
        var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        }
        catch (IOException bad) when (bad is not (BadHttpRequestException or ConnectionResetException))
        {
            // The web server's word for the length of a chunk that no number can hold.
            throw new BadHttpRequestException("the body is not cut into chunks as HTTP/1.1 has them", bad);
        }

        body.Position = 0;
        context.Request.Body = body;
        return body;
    }
}
