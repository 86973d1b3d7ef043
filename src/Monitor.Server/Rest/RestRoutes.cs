using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Routing;

namespace Monitor.Server;

/// <summary>The paths that REST has.</summary>
internal static class RestRoutes
{
    /// <summary>The paths of all http rules and pages, in order.</summary>
    public static IReadOnlyList<string> Paths(EndpointDataSource endpoints) =>
        [.. endpoints.Endpoints
            .OfType<RouteEndpoint>()
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is not null
                ? "/" + endpoint.RoutePattern.RawText?.TrimStart('/')
                : endpoint.Metadata.GetMetadata<PageMetadata>()?.Path)
            .OfType<string>()
            .Distinct()
            .Order(StringComparer.Ordinal)];
}
