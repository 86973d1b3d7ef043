namespace Monitor.Events;

/// <summary>
/// Where the events went that the log took in since a cursor was opened, seen between two reads:
/// <c>Stored = Delivered + Filtered + Evicted + Ahead</c>, always.
/// </summary>
public readonly struct CursorCounters
{
    /// <summary>Events from the cursor's first position to the last published one.</summary>
    public long Stored { get; internal init; }

    /// <summary>Events that batches delivered.</summary>
    public long Delivered { get; internal init; }

    /// <summary>Events that the filter left out.</summary>
    public long Filtered { get; internal init; }

    /// <summary>Events that had left the log before the cursor came to them.</summary>
    public long Evicted { get; internal init; }

    /// <summary>Events that the cursor has yet to come to; some of them may have left the log already.</summary>
    public long Ahead { get; internal init; }
}
