using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>Tells requests of REST from calls of gRPC.</summary>
internal static class RestRequest
{
    /// <summary>Whether the request is not a gRPC call. Exactly gRPC calls have a content type that says so, and lead to no path of
    /// REST once routing has found where they lead.</summary>
    public static bool IsRest(HttpContext context) =>
        context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true
        || context.GetEndpoint()?.Metadata is { } metadata
            && (metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is not null || metadata.GetMetadata<PageMetadata>() is not null);
}
