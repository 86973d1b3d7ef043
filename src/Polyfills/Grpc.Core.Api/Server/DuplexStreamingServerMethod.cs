namespace Grpc.Core;

/// <summary>A server's handler of a duplex call.</summary>
/// <typeparam name="TRequest">The request type.</typeparam>
/// <typeparam name="TResponse">The response type.</typeparam>
/// <param name="requestStream">The requests.</param>
/// <param name="responseStream">Where the responses go.</param>
/// <param name="context">The call.</param>
/// <returns>A task that ends the call.</returns>
public delegate Task DuplexStreamingServerMethod<TRequest, TResponse>(
    IAsyncStreamReader<TRequest> requestStream,
    IServerStreamWriter<TResponse> responseStream,
    ServerCallContext context)
    where TRequest : class
    where TResponse : class;
