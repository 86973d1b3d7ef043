namespace Monitor.Events;

/// <summary>What the log keeps in memory of a stored segment.</summary>
internal readonly struct SegmentFacts
{
    /// <summary>The log before its first entry.</summary>
    public required LogPoint Start { get; init; }

    /// <summary>How many entries it has.</summary>
    public required int Entries { get; init; }

    /// <summary>Time of the oldest event; long.MaxValue if there is none.</summary>
    public required long MinTime { get; init; }

    /// <summary>Time of the newest event; long.MinValue if there is none.</summary>
    public required long MaxTime { get; init; }

    /// <summary>How many events have each type, by the log's number of the type; those behind the last are 0.</summary>
    public required int[] TypeCounts { get; init; }
}
