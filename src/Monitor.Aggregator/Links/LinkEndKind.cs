namespace Monitor.Aggregator.Links;

/// <summary>What a link does when an attempt has ended.</summary>
internal enum LinkEndKind
{
    /// <summary>Nothing: it was closed on purpose.</summary>
    Closed,

    /// <summary>Try again soon.</summary>
    Broken,

    /// <summary>Try again, without much hope.</summary>
    Failed,

    /// <summary>Be ready to take over from another.</summary>
    Reserve,
}
