using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Serves a route of a unary rpc.</summary>
internal sealed class UnaryCallHandler<TRequest, TResponse>(
    RouteRule rule,
    Method<TRequest, TResponse> method,
    BodyReader bodies,
    ErrorWriter errors,
    ResponseWriter<TResponse> writer,
    UnaryServerMethod<TRequest, TResponse> service)
    : CallHandler<TRequest, TResponse>(rule, method, bodies, errors, isStream: false)
    where TRequest : class
    where TResponse : class
{
    protected override async Task CallAsync(TRequest request, TranscodingCallContext context)
    {
        var response = await service(request, context);
        ThrowIfFailed(context);
        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }

        var workspace = writer.Workspaces.Get();
        try
        {
            // The whole response is ready before its first byte is sent: what is wrong with it can still be said.
            var contentType = writer.Write(response, workspace, context.Encoding);
            var http = context.HttpContext.Response;
            if (http.StatusCode is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified)
            {
                return;
            }

            context.PrepareResponse(contentType);
            if (!http.HasStarted)
            {
                http.ContentLength = workspace.Json.Length;
            }

            await http.BodyWriter.WriteAsync(workspace.Json.WrittenMemory, context.HttpContext.RequestAborted);
        }
        finally
        {
            writer.Workspaces.Return(workspace);
        }
    }
}
