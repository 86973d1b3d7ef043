using BenchmarkDotNet.Attributes;

namespace Monitor.Benchmarks.Micro;

/// <summary>Appending to a log that is full, a thousand events to a publication. Times are of one event.</summary>
public class AppendBenchmarks
{
    private readonly SampleLog _sample = new();

    [Benchmark(OperationsPerInvoke = SampleRecords.Count)]
    public void Append() => _sample.AppendAll();
}
