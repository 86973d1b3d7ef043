using System.Text.Json;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Monitor.Server;

/// <summary>
/// Refuses fields of a JSON body that the request does not have, with the nearest that it has. Whatever else is wrong
/// with a body, transcoding says. Runs between routing and the endpoints.
/// </summary>
internal sealed class StrictBodies(RequestDelegate next)
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Whether the body is the whole request.</summary>
    public static bool TakesBody(GrpcJsonTranscodingMetadata endpoint) => endpoint.HttpRule.Body == "*";

    public async Task InvokeAsync(HttpContext context)
    {
        if (RestRequest.IsRest(context)
            && context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is { } endpoint
            && TakesBody(endpoint)
            && IsUtf8Json(context.Request))
        {
            var body = await ReadAsync(context);
            if (FindUnknown(body.GetBuffer().AsSpan(0, (int)body.Length), endpoint.MethodDescriptor.InputType) is { } name)
            {
                var known = endpoint.MethodDescriptor.InputType.Fields.InFieldNumberOrder().Select(field => field.JsonName);
                await RestError.WriteAsync(
                    context,
                    StatusCodes.Status400BadRequest,
                    StatusCode.InvalidArgument,
                    RequestFields.Unknown("field", name, known),
                    name);
                return;
            }
        }

        await next(context);
    }

    // In other charsets an unknown field is refused too, but without the nearest one.
    private static bool IsUtf8Json(HttpRequest request) =>
        request.HasJsonContentType()
        && MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && (type.Encoding is null || type.Encoding.CodePage == System.Text.Encoding.UTF8.CodePage);

    /// <summary>Reads the body, and leaves it to be read once more.</summary>
    /// <exception cref="BadHttpRequestException">It is longer than the server takes, or not sent as announced.</exception>
    private static async Task<MemoryStream> ReadAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        body.Position = 0;
        context.Request.Body = body;
        return body;
    }

    private static string? FindUnknown(ReadOnlySpan<byte> json, MessageDescriptor request)
    {
        if (json.StartsWith(ByteOrderMark))
        {
            json = json[ByteOrderMark.Length..];
        }

        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                // Depth 0 is the object itself. Its fields are values or lists of them; none is a message with fields.
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                {
                    var name = reader.GetString()!;
                    if (!request.Fields.InDeclarationOrder().Any(field => field.JsonName == name || field.Name == name))
                    {
                        return name;
                    }
                }
            }
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // Not JSON, or a name with half a surrogate: transcoding says where.
        }

        return null;
    }
}
