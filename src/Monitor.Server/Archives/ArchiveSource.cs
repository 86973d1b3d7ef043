namespace Monitor.Server;

/// <summary>The archive, which not every server has.</summary>
internal sealed record ArchiveSource(IEventArchive? Archive);
