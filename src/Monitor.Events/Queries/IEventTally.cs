namespace Monitor.Events;

/// <summary>Counts the events of a scan.</summary>
internal interface IEventTally
{
    /// <summary>The next events are of one segment.</summary>
    /// <param name="newest">No event of this segment or an older one has a later time.</param>
    void BeginSegment(long newest)
    {
    }

    /// <summary>The next event that matches.</summary>
    void Add(in EventColumns columns, ReadOnlySpan<byte> message);
}
