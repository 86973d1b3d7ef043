namespace Monitor.Server;

/// <summary>Parts of runs of agents.</summary>
/// <param name="Parts">The parts, each run once.</param>
/// <param name="HasOthers">Whether runs that are not named belong to it too, with all their events.</param>
public sealed record ArchiveRuns(IReadOnlyList<RunPart> Parts, bool HasOthers);

/// <summary>A part of a run.</summary>
/// <param name="Epoch">The run.</param>
/// <param name="After">The sequence before the first event; of the part from its beginning 0.</param>
/// <param name="UpTo">The sequence of the last event; not below <paramref name="After"/>.</param>
public readonly record struct RunPart(ulong Epoch, ulong After, ulong UpTo);
