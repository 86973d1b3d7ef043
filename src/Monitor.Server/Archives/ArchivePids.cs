namespace Monitor.Server;

/// <summary>The process ids of events of an archive.</summary>
/// <param name="Pids">The ids.</param>
/// <param name="HasMore">Whether there are more.</param>
public sealed record ArchivePids(IReadOnlyCollection<uint> Pids, bool HasMore);
