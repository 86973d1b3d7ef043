using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Monitor.Server;

/// <summary>Answers gRPC calls of services that are not here with UNIMPLEMENTED and the names of those that are.</summary>
internal sealed class UnknownGrpcServices(RequestDelegate next, EndpointDataSource endpoints)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        if (RestRequest.IsRest(context)
            || context.Response.HasStarted
            || context.Response.StatusCode != StatusCodes.Status404NotFound)
        {
            return;
        }

        var services = endpoints.Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.ServiceName)
            .OfType<string>()
            .Distinct()
            .Order(StringComparer.Ordinal);

        GrpcRefusal.Write(context, StatusCode.Unimplemented, $"no such service; this server has {string.Join(", ", services)}");
    }
}
