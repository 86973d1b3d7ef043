using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>Tells requests of REST from calls of gRPC.</summary>
internal static class RestRequest
{
    /// <summary>Whether the request is none of gRPC's: those, and only those, say so by their content type.</summary>
    public static bool IsRest(HttpContext context) =>
        context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true;
}
