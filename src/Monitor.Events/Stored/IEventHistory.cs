namespace Monitor.Events;

/// <summary>Keeps a log beyond memory and restarts. To be disposed of after the last event was appended: what is left is stored
/// then.</summary>
public interface IEventHistory : IDisposable
{
    /// <summary>What earlier runs left, for the log of this one.</summary>
    RestoredLog Restored { get; }

    /// <summary>Whether all that the last run had in its log was stored when it ended, or there was none.</summary>
    bool EndedCleanly { get; }

    /// <summary>How it is. Any thread.</summary>
    HistoryStatus Status { get; }

    /// <summary>Begins to store what is in a log, which was made with <see cref="Restored"/>.</summary>
    void Follow(EventLog log);
}
