namespace Grpc.Core;

/// <summary>The responses of a server-streaming or duplex call. The stream ends when the handler returns.</summary>
/// <typeparam name="T">The response type.</typeparam>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}
