using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Monitor.Server;

/// <summary>Ends calls whose client has left as cancelled, whatever that made of them: gRPC and transcoding log every other
/// exception as an error of ours, and a client could fill the log.</summary>
internal sealed class ClientGoneInterceptor : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception gone) when (HasLeft(context, gone))
        {
            throw Left();
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception gone) when (HasLeft(context, gone))
        {
            throw Left();
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (InvalidDataException bad)
        {
            // Of GrpcMessageStream.
            throw new RpcException(new Status(StatusCode.InvalidArgument, bad.Message));
        }
        catch (Exception gone) when (gone is IOException || HasLeft(context, gone))
        {
            // What reads the client's messages may hear of its end before the token does.
            throw Left();
        }
    }

    private static bool HasLeft(ServerCallContext context, Exception gone) =>
        context.CancellationToken.IsCancellationRequested && gone is not RpcException;

    private static RpcException Left() => new(new Status(StatusCode.Cancelled, "the client has left"));
}
