namespace Monitor.Events;

/// <summary>What came of a resume token.</summary>
public enum ResumeStatus
{
    /// <summary>The stream goes on where it ended, without a gap.</summary>
    Ok,

    /// <summary>Entries behind the token have left the log. A cursor can start there, and reports them as lost.</summary>
    Evicted,

    /// <summary>The token is of another run or another server; nothing is known of it here.</summary>
    OtherEpoch,

    /// <summary>The text is no token, or one that this log cannot have given.</summary>
    Garbage,
}
