using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>Shorthand for readers.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>All messages of a stream, for <c>await foreach</c>.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="streamReader">The stream; to be read once.</param>
    /// <param name="cancellationToken">Gives up the read, and with it the call.</param>
    /// <returns>The messages, in order.</returns>
    public static IAsyncEnumerable<T> ReadAllAsync<T>(
        this IAsyncStreamReader<T> streamReader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return Read(streamReader, cancellationToken);
    }

    // A method of its own, so that a missing reader throws at the call and not at the first message.
    private static async IAsyncEnumerable<T> Read<T>(
        IAsyncStreamReader<T> streamReader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await streamReader.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            yield return streamReader.Current;
        }
    }
}
