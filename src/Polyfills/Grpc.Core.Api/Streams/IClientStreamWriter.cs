namespace Grpc.Core;

/// <summary>The requests of a client-streaming or duplex call.</summary>
/// <typeparam name="T">The request type.</typeparam>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Says that no more requests follow. Waits for no response.</summary>
    /// <returns>A task that completes when the transport has taken the end of the stream.</returns>
    Task CompleteAsync();
}
