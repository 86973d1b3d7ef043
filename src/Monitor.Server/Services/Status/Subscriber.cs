using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>An open stream, as the statistics show it.</summary>
/// <param name="peer">Address of the client.</param>
/// <param name="since">When it was opened.</param>
/// <param name="cursor">Where it is in the log.</param>
/// <param name="asks">See <see cref="Asks"/>.</param>
internal sealed class Subscriber(string peer, DateTimeOffset since, EventCursor cursor, IReadOnlyCollection<string>? asks = null)
{
    /// <summary>Programs whose events it asks for, all where none is named; null: it takes what comes.</summary>
    public IReadOnlyCollection<string>? Asks => asks;

    public DateTimeOffset Since => since;

    public CursorCounters GetCounters() => cursor.GetCounters();

    public SubscriberStats GetStats()
    {
        var counters = cursor.GetCounters();
        return new SubscriberStats
        {
            Peer = peer,
            Since = Timestamp.FromDateTimeOffset(since),
            Stored = (ulong)counters.Stored,
            Delivered = (ulong)counters.Delivered,
            Filtered = (ulong)counters.Filtered,
            Evicted = (ulong)counters.Evicted,
            Ahead = (ulong)counters.Ahead,
        };
    }
}
