namespace Monitor.Server;

/// <summary>Where the events of a log are kept beyond it. Any thread.</summary>
public interface IEventArchive
{
    /// <summary>How it is doing now.</summary>
    ArchiveStatus Status { get; }
}
