namespace Monitor.Events;

/// <summary>Why a page token is not accepted.</summary>
public enum PageTokenError
{
    /// <summary>The text is not a token, or not one that this log can have given.</summary>
    Garbage,

    /// <summary>It is from another run or another server.</summary>
    OtherEpoch,

    /// <summary>It continues a list with another filter.</summary>
    OtherFilter,
}
