namespace Monitor.Server;

/// <summary>Events of an archive, in the order that was asked for.</summary>
public sealed class ArchivePage
{
    /// <summary>The events, each encoded, without tag and length.</summary>
    public required IReadOnlyList<(EventKey Key, ReadOnlyMemory<byte> Encoded)> Events { get; init; }

    /// <summary>Whether a limit ended it, and there are more.</summary>
    public required bool HasMore { get; init; }

    /// <summary>How many events match, before and after this page too. 0 where they were not counted.</summary>
    public required long TotalCount { get; init; }

    /// <summary>Whether more may match: fields of users' own monitors are in no column, and only what was read is counted.</summary>
    public bool IsAtLeast { get; init; }

    /// <summary>Time of the oldest event of the archive, matching or not; null where it is empty.</summary>
    public required long? OldestTimeUnixNanos { get; init; }
}
