namespace Monitor.Server;

/// <summary>How an archive of events is doing that a server writes to.</summary>
public sealed record ArchiveStatus
{
    /// <summary>Where it is, for messages.</summary>
    public required string Server { get; init; }

    /// <summary>Events that were written. Those that were there before count again.</summary>
    public required long Inserted { get; init; }

    /// <summary>Events of the log that are still to be written.</summary>
    public required long Waiting { get; init; }

    /// <summary>Events that left the log before they were written.</summary>
    public required long Evicted { get; init; }

    /// <summary>How often a request was made again.</summary>
    public required long Retries { get; init; }

    /// <summary>Why nothing is written at the moment; null where it is.</summary>
    public required string? Problem { get; init; }
}
