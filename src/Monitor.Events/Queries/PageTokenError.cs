namespace Monitor.Events;

/// <summary>What is wrong with a page token.</summary>
public enum PageTokenError
{
    /// <summary>The text is no token, or one that this log cannot have given.</summary>
    Garbage,

    /// <summary>It is of another run or another server.</summary>
    OtherEpoch,

    /// <summary>It continues a list with another filter.</summary>
    OtherFilter,
}
