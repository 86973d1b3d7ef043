namespace Monitor.Benchmarks.Machine;

/// <summary>What simulated agents did, all of them together.</summary>
/// <param name="Produced">Events that they appended to their logs.</param>
/// <param name="Evicted">Those of them that have left the logs.</param>
internal readonly record struct SimulatorTotals(long Produced, long Evicted);
