namespace Monitor.Events;

/// <summary>A place between two entries of another log, from which events come into this one.</summary>
/// <param name="Position">How many of its entries, events and losses, precede it.</param>
/// <param name="Events">How many of its events precede it: the sequence of the last of them. Not above
/// <paramref name="Position"/>.</param>
public readonly record struct SourcePoint(long Position, long Events);
