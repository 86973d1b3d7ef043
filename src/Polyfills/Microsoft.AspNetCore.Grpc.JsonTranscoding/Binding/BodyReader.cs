using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Reading;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>Reads the body of a request: JSON, or any bytes where the rule's body is a google.api.HttpBody.</summary>
/// <param name="schemas">Schemas of the messages.</param>
/// <param name="maxBytes">Largest body; null for no limit but the server's own.</param>
internal sealed class BodyReader(SchemaCache schemas, int? maxBytes)
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Appends the encoding of what the body sets.</summary>
    /// <exception cref="BadRequestException">The body is not what the rule's body is.</exception>
    /// <exception cref="RequestTooLargeException">The body is larger than the limit.</exception>
    public async ValueTask ReadAsync(
        RouteRule rule, HttpRequest request, Encoding encoding, ByteBuffer output, CancellationToken cancellationToken)
    {
        var isHttpBody = HttpBodyFormat.IsHttpBody(rule.BodyField is null ? rule.Input : rule.BodyField.Message);
        if (!isHttpBody)
        {
            CheckHeaders(request);
        }

        using var body = new ByteBuffer();
        await CopyAsync(request, body, cancellationToken);
        if (isHttpBody && rule.BodyField is not { IsRepeated: true })
        {
            HttpBodyFormat.Read(rule.BodyField, request.ContentType, body.Written, output);
            return;
        }

        var json = ToUtf8(body, encoding);
        var reader = new JsonMessageReader(schemas, output);
        if (rule.BodyField is { } field)
        {
            reader.ReadField(json, field);
        }
        else
        {
            reader.ReadMessage(json, rule.Input);
        }
    }

    private static void CheckHeaders(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.ToString() is { Length: > 0 } coding
            && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw new BadRequestException(
                $"The request body is compressed ({BadRequestException.Shorten(coding)}), which the server does not accept. Send it as it is.");
        }

        if (JsonContentType.IsJson(request))
        {
            return;
        }

        throw new BadRequestException(string.IsNullOrEmpty(request.ContentType)
            ? "The request has no body with a content type. Send JSON as application/json; {} leaves every field unset."
            : $"The request body has the content type '{BadRequestException.Shorten(request.ContentType)}'. Send JSON as application/json.");
    }

    private async ValueTask CopyAsync(HttpRequest request, ByteBuffer body, CancellationToken cancellationToken)
    {
        if (request.ContentLength > maxBytes)
        {
            throw new RequestTooLargeException(maxBytes.Value);
        }

        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (body.Length + read.Buffer.Length > maxBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw new RequestTooLargeException(maxBytes.Value);
            }

            foreach (var part in read.Buffer)
            {
                body.Write(part.Span);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private static ReadOnlySpan<byte> ToUtf8(ByteBuffer body, Encoding encoding)
    {
        if (body.Length == 0)
        {
            throw new BadRequestException("The request body is empty. Send JSON; {} leaves every field unset.");
        }

        if (encoding != Encoding.UTF8)
        {
            try
            {
                return Encoding.UTF8.GetBytes(encoding.GetString(body.Written).TrimStart('\uFEFF'));
            }
            catch (DecoderFallbackException ex)
            {
                throw new BadRequestException($"The request body is not valid {encoding.WebName}: {ex.Message}", ex);
            }
        }

        var json = body.Written;
        if (!Utf8.IsValid(json))
        {
            throw new BadRequestException("The request body is not valid UTF-8.");
        }

        return json.StartsWith(ByteOrderMark) ? json[ByteOrderMark.Length..] : json;
    }
}
