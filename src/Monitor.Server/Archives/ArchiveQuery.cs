using Monitor.V1;

namespace Monitor.Server;

/// <summary>What is asked of an archive.</summary>
public sealed class ArchiveQuery
{
    /// <summary>Which events: checked, in canonical form, without conditions on fields of users' own monitors.</summary>
    public required EventFilter Filter { get; init; }

    /// <summary>Only events before this time, in nanoseconds since 1970.</summary>
    public required long Before { get; init; }

    /// <summary>Only events that come after this one in the list. Null: from its beginning.</summary>
    public EventKey? After { get; init; }

    /// <summary>At most this many events, 1 or more.</summary>
    public required int Limit { get; init; }

    /// <summary>At most this many bytes of events, but at least one event.</summary>
    public required int MaxBytes { get; init; }
}
