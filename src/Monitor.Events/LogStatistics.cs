namespace Monitor.Events;

/// <summary>What a log holds and what was appended to it, at one moment. Counts start with the log.</summary>
public sealed record LogStatistics
{
    /// <summary>Identity of the run; see <see cref="Protocol.BootEpoch"/>.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>Memory of the stored events in bytes, with their columns and the unused part of segments.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bound of <see cref="Bytes"/>.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Events that were appended and published.</summary>
    public required long Appended { get; init; }

    /// <summary>Events stored now.</summary>
    public long Stored => Appended - Evicted;

    /// <summary>Events that were evicted to make room.</summary>
    public required long Evicted { get; init; }

    /// <summary>Events and losses that were not stored because they are too large. No other count includes them.</summary>
    public required long Refused { get; init; }

    /// <summary>Time of the oldest stored event in nanoseconds since 1970. Null if no event is stored.</summary>
    public required long? OldestTimeUnixNanos { get; init; }

    /// <summary>Time of the newest stored event. Null if no event is stored.</summary>
    public required long? NewestTimeUnixNanos { get; init; }

    /// <summary>
    /// Events appended by type, in the order in which the types were first seen; those of
    /// <see cref="EventTypeTable.Other"/> under an empty name. Their sum is <see cref="Appended"/>, plus
    /// what the writer has not published yet.
    /// </summary>
    public required IReadOnlyList<TypeTotal> Types { get; init; }

    /// <summary>Sums of the losses that were appended, for every cause that occurred.</summary>
    public required IReadOnlyList<LossTotal> Losses { get; init; }
}
