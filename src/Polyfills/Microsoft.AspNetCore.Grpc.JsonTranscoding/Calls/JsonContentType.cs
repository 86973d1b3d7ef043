using System.Text;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>The content type of requests and responses.</summary>
internal static class JsonContentType
{
    private const string Utf8 = "application/json; charset=utf-8";

    public static string For(Encoding encoding) =>
        encoding.CodePage == Encoding.UTF8.CodePage ? Utf8 : $"application/json; charset={encoding.WebName}";

    /// <summary>The encoding that the content type of a request names; UTF-8 where it names none.</summary>
    /// <exception cref="BadRequestException">There is no such encoding.</exception>
    public static Encoding EncodingOf(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.Charset.HasValue
            || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || !IsJson(type))
        {
            return Encoding.UTF8;
        }

        var name = HeaderUtilities.RemoveQuotes(type.Charset).ToString();
        try
        {
            // Bytes that the encoding does not have are an error, not a question mark.
            var encoding = Encoding.GetEncoding(name, EncoderFallback.ReplacementFallback, DecoderFallback.ExceptionFallback);
            return encoding.CodePage == Encoding.UTF8.CodePage ? Encoding.UTF8 : encoding;
        }
        catch (Exception ex) when (ex is ArgumentException or NotSupportedException)
        {
            throw new BadRequestException(
                $"The content type has the charset '{BadRequestException.Shorten(name)}', which is not known. Send UTF-8.", ex);
        }
    }

    /// <summary>Whether a request says that its body is JSON: application/json or any type with the suffix +json.</summary>
    public static bool IsJson(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && IsJson(type);

    private static bool IsJson(MediaTypeHeaderValue type) =>
        type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase);
}
