namespace Monitor.Benchmarks.Machine;

/// <summary>What native/storm.c measured.</summary>
/// <param name="Pid">Its process id.</param>
/// <param name="Calls">How many calls it made.</param>
/// <param name="CostNanos">Mean time of a call, other processes left out; ns.</param>
/// <param name="MedianNanos">Median of wall-clock times; ns.</param>
internal readonly record struct StormResult(int Pid, long Calls, double CostNanos, double MedianNanos);
