namespace Monitor.Events;

/// <summary>The copy of a sealed segment outside of memory, and what is known of it without reading its entries. Any thread.</summary>
internal interface IStoredSegment
{
    /// <summary>Reads the segment with <see cref="Segment.BeginLoad"/> and <see cref="Segment.EndLoad"/>.</summary>
    /// <returns>False where it cannot be read: then the log has it no more when this returns.</returns>
    bool TryLoad(Segment segment);

    /// <summary>The segment was read, and one of its references is for the store: it releases it when others were read
    /// since.</summary>
    void Loaded(Segment segment);

    /// <summary>Whether one of its events can match; false only where none does.</summary>
    bool MayMatch(EventFilterPlan filter);

    /// <summary>The parts of it whose events can match, oldest first, each as a segment that can be entered and scanned; null where
    /// it has to be read as a whole.</summary>
    IReadOnlyList<Segment>? PartsThatMayMatch(EventFilterPlan filter);

    /// <summary>Whether it can have the event of an origin with this sequence; false only where it has not.</summary>
    bool MayHave(ulong epoch, long sequence);

    /// <summary>How many events it has of each kind; null where it does not say.</summary>
    SegmentCounts? ReadCounts();
}
