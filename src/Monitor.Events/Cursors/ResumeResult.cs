namespace Monitor.Events;

/// <summary>What came of a resume token; see <see cref="EventLog.Resume"/>.</summary>
public readonly struct ResumeResult
{
    /// <summary>Whether the token is good.</summary>
    public ResumeStatus Status { get; internal init; }

    /// <summary>
    /// Where to open the cursor, if it is <see cref="ResumeStatus.Ok"/> or, the client accepting the loss,
    /// <see cref="ResumeStatus.Evicted"/>.
    /// </summary>
    public LogPosition Position { get; internal init; }

    /// <summary>Sequence of the event behind the token, 1 or more; 0 where the token is not of this log.</summary>
    public ulong NextSequence { get; internal init; }

    /// <summary>Sequence of the oldest event that is stored, or the next where none is.</summary>
    public ulong OldestSequence { get; internal init; }

    /// <summary>How many events behind the token have left the log.</summary>
    public ulong Missed { get; internal init; }
}
