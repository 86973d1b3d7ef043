namespace Monitor.Events;

/// <summary>
/// What became of the events that were published since a cursor was opened, between two reads:
/// <c>Stored = Delivered + Filtered + Evicted + Ahead</c>, always.
/// </summary>
public readonly struct CursorCounters
{
    /// <summary>Events from the cursor's first position to the last published one.</summary>
    public long Stored { get; internal init; }

    /// <summary>Events that batches delivered.</summary>
    public long Delivered { get; internal init; }

    /// <summary>Events that the filter excluded, or that the client already has from another log.</summary>
    public long Filtered { get; internal init; }

    /// <summary>Events that were evicted before the cursor read them.</summary>
    public long Evicted { get; internal init; }

    /// <summary>Events that the cursor has not read yet; some of them may be evicted already.</summary>
    public long Ahead { get; internal init; }
}
