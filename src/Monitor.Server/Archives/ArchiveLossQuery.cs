namespace Monitor.Server;

/// <summary>Which losses of an archive are asked for.</summary>
public sealed class ArchiveLossQuery
{
    /// <summary>Parts of logs: which run of an aggregator, and behind which place up to and including which.</summary>
    public required ArchiveRuns Logs { get; init; }

    /// <summary>Only losses that ended then or later, in nanoseconds since 1970; where that is not known, that were written then or later.</summary>
    public required long Since { get; init; }

    /// <summary>Only losses that began earlier, in nanoseconds since 1970.</summary>
    public required long Until { get; init; }
}
