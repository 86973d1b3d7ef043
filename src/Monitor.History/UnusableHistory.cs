using Monitor.Events;

namespace Monitor.History;

/// <summary>A history on a file system that was read-only at the start, as the kernel makes one whose disk fails. The program works
/// from memory, and says so.</summary>
internal sealed class UnusableHistory(HistoryOptions options, string reason) : IEventHistory
{
    public RestoredLog Restored { get; } = new(new EventTypeTable(), [], [], default, [], [], 0);

    public bool EndedCleanly => true;

    public HistoryStatus Status => new(
        options.Folder, 0, options.MaxBytes, 0, 0, 0, null, null,
        $"nothing is stored in {options.Folder}, and what was stored is not answered: {reason}. Start again once it can be written to");

    public void Follow(EventLog log)
    {
    }

    public void Dispose()
    {
    }
}
