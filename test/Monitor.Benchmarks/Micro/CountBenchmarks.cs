using BenchmarkDotNet.Attributes;
using Monitor.Events;

namespace Monitor.Benchmarks.Micro;

/// <summary>Counting for /metrics, right behind the writer as what follows the log does, with an Append to each event: the difference
/// to that of <see cref="AppendBenchmarks"/> is what counting takes. And all of a log that is in no cache. Times are of one
/// event.</summary>
public class CountBenchmarks
{
    private readonly SampleLog _followed = new();
    private readonly SampleLog _million = SampleLog.OfMillion();
    private readonly NetworkCounts _counts;

    public CountBenchmarks() => _counts = new NetworkCounts(_followed.Log, NetworkLabel.Default, 300);

    [Benchmark(OperationsPerInvoke = SampleRecords.Count)]
    public void AppendAlone() => _followed.AppendAll();

    [Benchmark(OperationsPerInvoke = SampleRecords.Count)]
    public long AppendAndCount()
    {
        _followed.AppendAll();
        return _counts.CatchUp();
    }

    [Benchmark(OperationsPerInvoke = SampleLog.MillionEvents)]
    public long CountMillion() => new NetworkCounts(_million.Log, NetworkLabel.Default, 300).CatchUp();
}
