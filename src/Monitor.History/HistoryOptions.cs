namespace Monitor.History;

/// <summary>Where a history is, and how much it keeps.</summary>
public sealed class HistoryOptions
{
    /// <summary>The folder, which is made where it is not there. For one server at a time.</summary>
    public required string Folder { get; init; }

    /// <summary>Bytes on disk; the oldest events leave when they are used up. Looked at every second: exceeded by what comes
    /// meanwhile, and by the log of changes of a file, some 8 MiB. Default: 10 GiB, about 180 million events of 335 bytes.</summary>
    public long MaxBytes { get; init; } = 10L << 30;

    /// <summary>How old events become, by their own time or since they were stored. Default: 7 days.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(7);
}
