using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>An open stream, as the statistics show it.</summary>
internal sealed class Subscriber(string peer, DateTimeOffset since, EventCursor cursor)
{
    public DateTimeOffset Since => since;

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
