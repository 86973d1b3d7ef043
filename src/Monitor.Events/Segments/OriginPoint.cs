namespace Monitor.Events;

/// <summary>A place between two entries in the log of an <see cref="Origin"/>.</summary>
/// <param name="Position">How many entries of that log, events and losses, precede it.</param>
/// <param name="Events">How many of them are events: the sequence of the last one. Not above
/// <paramref name="Position"/>.</param>
public readonly record struct OriginPoint(long Position, long Events)
{
    /// <summary>Highest position that an agent is believed, and that a history reads again: no log gets that far, and the sum of
    /// several does not overflow.</summary>
    public const long MaxPosition = 1L << 60;
}
