using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Serves a route of a server streaming rpc: a line of JSON for each message.</summary>
internal sealed class ServerStreamingCallHandler<TRequest, TResponse>(
    RouteRule rule,
    Method<TRequest, TResponse> method,
    BodyReader bodies,
    ErrorWriter errors,
    ResponseWriter<TResponse> writer,
    ServerStreamingServerMethod<TRequest, TResponse> service)
    : CallHandler<TRequest, TResponse>(rule, method, bodies, errors, isStream: true)
    where TRequest : class
    where TResponse : class
{
    protected override async Task CallAsync(TRequest request, TranscodingCallContext context)
    {
        if (HttpMethods.IsHead(context.HttpContext.Request.Method))
        {
            // A stream may have no end, and none of its messages would be sent.
            context.PrepareResponse();
            return;
        }

        var stream = new JsonStreamWriter<TResponse>(context, writer);
        try
        {
            await service(request, stream, context);
        }
        finally
        {
            stream.Complete();
        }

        ThrowIfFailed(context);
        // A stream without messages is a stream nevertheless.
        context.PrepareResponse();
    }
}
