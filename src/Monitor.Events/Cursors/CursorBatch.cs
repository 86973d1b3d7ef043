using Monitor.V1;

namespace Monitor.Events;

/// <summary>The result of one <see cref="EventCursor.ReadBatch"/>.</summary>
public readonly struct CursorBatch
{
    private readonly IReadOnlyList<Loss>? _losses;

    /// <summary>Events written to the output.</summary>
    public int Events { get; internal init; }

    /// <summary>Bytes written to the output.</summary>
    public long Bytes { get; internal init; }

    /// <summary>Events that the filter excluded, or that the client already has from another log.</summary>
    public long Filtered { get; internal init; }

    /// <summary>Events that were evicted before the cursor read them; the losses report them.</summary>
    public long Evicted { get; internal init; }

    /// <summary>Losses. All of them lie before the events of this batch. Never null; often empty.</summary>
    public IReadOnlyList<Loss> Losses
    {
        get => _losses ?? [];
        internal init => _losses = value;
    }

    /// <summary>
    /// Whether the cursor has read everything that was published; call <see cref="EventCursor.WaitAsync"/> next. False
    /// if a limit ended the batch, or a loss that belongs to the next one.
    /// </summary>
    public bool AtEnd { get; internal init; }

    /// <summary>Whether there is nothing to send.</summary>
    public bool IsEmpty => Events == 0 && Losses.Count == 0;
}
