namespace Grpc.Core;

/// <summary>A stream of messages to be read one after the other. Not safe for concurrent readers.</summary>
/// <typeparam name="T">The message type.</typeparam>
public interface IAsyncStreamReader<out T>
{
    /// <summary>
    /// The message that the last <see cref="MoveNext"/> found. Before the first one, and after one that returned
    /// <see langword="false"/> or failed, reading it is a mistake of the caller.
    /// </summary>
    T Current { get; }

    /// <summary>Waits for the next message.</summary>
    /// <param name="cancellationToken">Gives up the read, and with it the call.</param>
    /// <returns>
    /// <see langword="true"/> when <see cref="Current"/> holds a new message, <see langword="false"/> when the other
    /// side has finished its stream.
    /// </returns>
    /// <exception cref="RpcException">On the client, when the call ended with a status other than OK.</exception>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}
