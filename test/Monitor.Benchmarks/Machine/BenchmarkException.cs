namespace Monitor.Benchmarks.Machine;

/// <summary>A figure cannot be measured: something that it needs does not work here. The message says what.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
