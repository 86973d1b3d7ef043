namespace Monitor.Agent.Monitors;

/// <summary>How the reader runs a monitor's iterator, the hook that is attached as one; what it finds arrives in the
/// rings.</summary>
/// <param name="Map">The map whose elements it is given, where it is one over a map.</param>
/// <param name="IntervalMilliseconds">Not more often than this; 0: each time that the reader looks, every 100 ms.</param>
/// <param name="WhilePending">Only while the programs say that something is pending.</param>
internal sealed record PeriodicWalk(string Map, int IntervalMilliseconds, bool WhilePending);
