namespace Monitor.Events;

/// <summary>Counts the events of a scan.</summary>
internal interface IEventTally
{
    /// <summary>The next events are of one segment.</summary>
    /// <param name="newest">No event of this segment or an older one has a later time.</param>
    void BeginSegment(long newest)
    {
    }

    /// <summary>Whether it can take in counts instead of events whose times are from one up to and including another.</summary>
    bool TakesCountsOf(long minTime, long maxTime) => false;

    /// <summary>The next events that match, all of a kind; only where <see cref="TakesCountsOf"/> is true.</summary>
    /// <param name="time">Of one of them.</param>
    /// <param name="counts">What the row refers to.</param>
    /// <param name="row">The kind.</param>
    void Add(long time, SegmentCounts counts, in SegmentCounts.Row row) => throw new InvalidOperationException("It counts events only.");

    /// <summary>The next event that matches.</summary>
    void Add(in EventColumns columns, ReadOnlySpan<byte> message);
}
