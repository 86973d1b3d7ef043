namespace Grpc.Core;

/// <summary>A stream of messages to be written one after the other: one write at a time.</summary>
/// <typeparam name="T">The message type.</typeparam>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>
    /// How the next messages are written, until it is set anew. <see langword="null"/> stands for the options of the
    /// call, or the defaults.
    /// </summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes one message.</summary>
    /// <param name="message">The message; the caller may change it once the task has completed.</param>
    /// <returns>Completes when the transport has taken the message; no other write may start before.</returns>
    Task WriteAsync(T message);

    /// <summary>Writes one message, unless cancelled before the transport has taken it.</summary>
    /// <param name="message">The message; the caller may change it once the task has completed.</param>
    /// <param name="cancellationToken">Gives up the write, and with it the call.</param>
    /// <returns>Completes when the transport has taken the message; no other write may start before.</returns>
    /// <exception cref="NotSupportedException">
    /// The writer does not override this method and <paramref name="cancellationToken"/> can be cancelled.
    /// </exception>
    Task WriteAsync(T message, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled
            ? throw new NotSupportedException("This stream writer cannot cancel a write.")
            : WriteAsync(message);
}
