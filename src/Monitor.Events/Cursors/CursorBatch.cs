using Monitor.V1;

namespace Monitor.Events;

/// <summary>What one <see cref="EventCursor.ReadBatch"/> came upon.</summary>
public readonly struct CursorBatch
{
    private readonly IReadOnlyList<Loss>? _losses;

    /// <summary>Events written to the output.</summary>
    public int Events { get; internal init; }

    /// <summary>Bytes written to the output.</summary>
    public long Bytes { get; internal init; }

    /// <summary>Events that the filter left out.</summary>
    public long Filtered { get; internal init; }

    /// <summary>Events that had left the log before the cursor came to them; one of the losses says so.</summary>
    public long Evicted { get; internal init; }

    /// <summary>Losses, all of which lie before the events of this batch. Never null; often empty.</summary>
    public IReadOnlyList<Loss> Losses
    {
        get => _losses ?? [];
        internal init => _losses = value;
    }

    /// <summary>
    /// Whether the cursor has read everything that was published: <see cref="EventCursor.WaitAsync"/> is next. False
    /// where a limit ended the batch, or a loss that belongs into the next one.
    /// </summary>
    public bool AtEnd { get; internal init; }

    /// <summary>Whether there is nothing to send.</summary>
    public bool IsEmpty => Events == 0 && Losses.Count == 0;
}
