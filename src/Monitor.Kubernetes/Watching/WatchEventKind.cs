namespace Monitor.Kubernetes.Watching;

/// <summary>What a line of a watch tells of.</summary>
internal enum WatchEventKind
{
    /// <summary>Nothing that is known.</summary>
    None,

    /// <summary>An object is new or has changed.</summary>
    Upsert,

    /// <summary>An object is gone.</summary>
    Remove,

    /// <summary>A version to go on from.</summary>
    Bookmark,

    /// <summary>The watch cannot go on.</summary>
    Error,
}
