using System.Buffers;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>One page of events, newest first. Dispose of it after the events were sent: their buffer is pooled.</summary>
public sealed class QueryResult : IDisposable
{
    private byte[]? _buffer;
    private readonly int _length;

    internal QueryResult(byte[]? buffer, int length)
    {
        _buffer = buffer;
        _length = length;
    }

    /// <summary>
    /// The events as elements of <c>ListEventsResponse.events</c>, each with tag and length. Valid until
    /// <see cref="Dispose"/>.
    /// </summary>
    public ReadOnlyMemory<byte> Events => _buffer.AsMemory(0, _buffer is null ? 0 : _length);

    /// <summary>How many events there are.</summary>
    public required int Count { get; init; }

    /// <summary>
    /// How many of the stored events match the filter, on all pages: with those on pages before this one, without those
    /// that arrived after the first page. Exact, unless <see cref="IsAtLeast"/>.
    /// </summary>
    public required long TotalCount { get; init; }

    /// <summary>Whether more events may match than <see cref="TotalCount"/>, in the part of the history that this page did not
    /// need, as well as more processes.</summary>
    public required bool IsAtLeast { get; init; }

    /// <summary>The process ids that the events of <see cref="TotalCount"/> have. Empty unless
    /// <see cref="EventQuery.CountPids"/> asked for it.</summary>
    public required IReadOnlySet<uint> Pids { get; init; }

    /// <summary>The token for the next page; empty on the last one.</summary>
    public required string NextPageToken { get; init; }

    /// <summary>Time of the oldest stored event, matching or not, in nanoseconds since 1970. Null if none is stored.</summary>
    public required long? OldestTimeUnixNanos { get; init; }

    /// <summary>When the query was answered.</summary>
    public required DateTimeOffset QueryTime { get; init; }

    /// <summary>The filter in its canonical form.</summary>
    public required EventFilter Filter { get; init; }

    /// <summary>Returns the buffer; <see cref="Events"/> is empty afterwards.</summary>
    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, null);
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
