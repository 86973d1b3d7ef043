namespace Monitor.Events;

/// <summary>What a history holds, at one moment.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="Bytes">Bytes on disk.</param>
/// <param name="MaxBytes">Bound of them.</param>
/// <param name="Events">Events that it holds, of all runs.</param>
/// <param name="Stored">Events of this run that were stored.</param>
/// <param name="Missed">Events of this run that left memory before they could be stored.</param>
/// <param name="StoredUntil">When everything that was in the log was stored last; null where it never was.</param>
/// <param name="OldestTimeUnixNanos">Time of its oldest event; null where it has none.</param>
/// <param name="Problem">What keeps it from storing, or what it has lost; null where all is well.</param>
public sealed record HistoryStatus(
    string Folder, long Bytes, long MaxBytes, long Events, long Stored, long Missed, DateTimeOffset? StoredUntil,
    long? OldestTimeUnixNanos, string? Problem);
