namespace Monitor.Events;

/// <summary>The result of reading a resume token; see <see cref="EventLog.Resume"/>.</summary>
public readonly struct ResumeResult
{
    /// <summary>Whether the stream can go on.</summary>
    public ResumeStatus Status { get; internal init; }

    /// <summary>
    /// Where to open the cursor. Valid for <see cref="ResumeStatus.Ok"/> and, if the client accepts the loss, for
    /// <see cref="ResumeStatus.Evicted"/>.
    /// </summary>
    public LogPosition Position { get; internal init; }

    /// <summary>Sequence of the first event after the token, from 1; 0 if the token is not from this log.</summary>
    public ulong NextSequence { get; internal init; }

    /// <summary>Sequence of the oldest stored event; of the next event if none is stored.</summary>
    public ulong OldestSequence { get; internal init; }

    /// <summary>How many events after the token were evicted.</summary>
    public ulong Missed { get; internal init; }
}
