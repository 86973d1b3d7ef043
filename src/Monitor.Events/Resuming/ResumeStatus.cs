namespace Monitor.Events;

/// <summary>Whether a stream can go on at a resume token.</summary>
public enum ResumeStatus
{
    /// <summary>The stream goes on where it ended, without a gap.</summary>
    Ok,

    /// <summary>Entries after the token were evicted. A cursor can start there and reports them as lost.</summary>
    Evicted,

    /// <summary>The token is from another run or another server, and says nothing about this log.</summary>
    OtherEpoch,

    /// <summary>The text is not a token, or not one that this log can have given.</summary>
    Garbage,
}
