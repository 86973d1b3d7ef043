using Monitor.V1;

namespace Monitor.Events;

/// <summary>The counts of <see cref="EventLog.Summarize"/>: exact for the events that were stored at that moment.</summary>
public sealed class EventSummary
{
    /// <summary>How many events match.</summary>
    public required long Count { get; init; }

    /// <summary>How many of them report a failure; see <see cref="EventFailure"/>.</summary>
    public required long FailedCount { get; init; }

    /// <summary>By <see cref="Event.NodeName"/>, which is empty if an event has none.</summary>
    public required IReadOnlyDictionary<string, long> ByNode { get; init; }

    /// <summary>Connections by outcome; only outcomes that occurred.</summary>
    public required IReadOnlyDictionary<ConnectionDetail.Types.Outcome, long> ByOutcome { get; init; }

    /// <summary>Connections by <see cref="ConnectionDetail.Error"/>, without those that have no error.</summary>
    public required IReadOnlyDictionary<string, long> ByError { get; init; }

    /// <summary>Packet drops by <see cref="PacketDropDetail.Reason"/>, which is empty if a drop has none.</summary>
    public required IReadOnlyDictionary<string, long> ByReason { get; init; }

    /// <summary>The same by intervals of time, where these were asked for: those that have events, oldest first.</summary>
    public required IReadOnlyList<SummaryInterval> Intervals { get; init; }

    /// <summary>Time of the oldest stored event, matching or not, in nanoseconds since 1970. Null if none is stored.</summary>
    public required long? OldestTimeUnixNanos { get; init; }

    /// <summary>The filter in its canonical form.</summary>
    public required EventFilter Filter { get; init; }
}
