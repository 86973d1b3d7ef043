namespace Monitor.Events;

/// <summary>
/// Entries of a segment that came from one source in one piece, up to the start of the next run. Behind the n-th entry
/// of a run, n from 1, the source is at <c>Base + n</c>.
/// </summary>
internal struct SourceRun
{
    /// <summary>Null where the entries are the log's own.</summary>
    public LogSource? Source;

    /// <summary>Index of the first entry; int.MaxValue in places that are unused.</summary>
    public int Start;

    /// <summary>Position in the source's log, less one for each entry that follows. Of a run that is a loss, it leads
    /// to the place behind all that the loss stands for.</summary>
    public long Base;

    /// <summary>How many entries of the source's log are losses, up to here.</summary>
    public long Losses;

    /// <summary>Where the source is behind so many entries of the run.</summary>
    public readonly SourcePoint After(int entries) => new(Base + entries, Base + entries - Losses);
}
