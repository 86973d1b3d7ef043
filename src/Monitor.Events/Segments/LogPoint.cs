namespace Monitor.Events;

/// <summary>A place between two entries of the log, and what precedes it.</summary>
internal struct LogPoint
{
    /// <summary>How many entries, events and losses, precede it: the position of the next one.</summary>
    public long Position;

    /// <summary>How many events precede it: the sequence of the last of them.</summary>
    public long Events;

    /// <summary>The losses that precede it.</summary>
    public LossCounts Losses;
}
