namespace Monitor.History;

/// <summary>Where a history is, and how much it keeps.</summary>
public sealed class HistoryOptions
{
    /// <summary>The least that <see cref="MaxBytes"/> can be: 16 MiB.</summary>
    public const long MinBytes = 16L << 20;

    /// <summary>The most that <see cref="MaxBytes"/> can be: 64 TiB.</summary>
    public const long MostBytes = 64L << 40;

    /// <summary>The folder, which is made where it is not there. For one server at a time.</summary>
    public required string Folder { get; init; }

    /// <summary>Bytes on disk; the oldest events leave when they are used up. Exceeded by what a commit takes at most: 16
    /// MiB. Default: 10 GiB, about 180 million events.</summary>
    public long MaxBytes { get; init; } = 10L << 30;

    /// <summary>How old events become. Default: 7 days.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(7);
}
