using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

using GrpcMethodMetadata = Grpc.AspNetCore.Server.GrpcMethodMetadata;

/// <summary>
/// Keeps REST on its port and gRPC on its own, and says where to go instead. Runs between routing and the endpoints.
/// </summary>
internal sealed class PortGuard(RequestDelegate next, ServerEndPoints endPoints)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (endPoints.HasTls)
        {
            // Each port speaks both.
            return next(context);
        }

        // In clear text, each port speaks its own version of HTTP, so the version tells the ports apart.
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            return RestRequest.IsRest(context)
                ? Refuse(context, $"this is the port of gRPC; REST is at {endPoints.HttpUrl}")
                : next(context);
        }

        var metadata = context.GetEndpoint()?.Metadata;
        return metadata?.GetMetadata<GrpcMethodMetadata>() is not null
            && metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is null
            ? Refuse(context, $"this is the port of REST; gRPC, over HTTP/2, is at {endPoints.GrpcTarget}")
            : next(context);
    }

    private static Task Refuse(HttpContext context, string message) => RestError.WriteAsync(
        context, StatusCodes.Status421MisdirectedRequest, StatusCode.InvalidArgument, message);
}
