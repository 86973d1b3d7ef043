using Monitor.V1;

namespace Monitor.Server;

/// <summary>What is asked of an archive.</summary>
public sealed class ArchiveQuery
{
    /// <summary>Which events: checked, in canonical form.</summary>
    public required EventFilter Filter { get; init; }

    /// <summary>Only events before this time, in nanoseconds since 1970.</summary>
    public long Before { get; init; } = long.MaxValue;

    /// <summary>Only these parts of the runs. Null: all.</summary>
    public ArchiveRuns? Runs { get; init; }

    /// <summary>Whether the oldest comes first, and not the newest.</summary>
    public bool OldestFirst { get; init; }

    /// <summary>Only events that come after this one in that order. Null: from its beginning.</summary>
    public EventKey? After { get; init; }

    /// <summary>At most this many events, 1 or more.</summary>
    public required int Limit { get; init; }

    /// <summary>At most this many bytes of events, but at least one event.</summary>
    public required int MaxBytes { get; init; }

    /// <summary>Whether all that match are counted.</summary>
    public bool Counts { get; init; } = true;
}
