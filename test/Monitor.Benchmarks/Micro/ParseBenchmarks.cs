using BenchmarkDotNet.Attributes;
using Monitor.Events;

namespace Monitor.Benchmarks.Micro;

/// <summary>Columns of encoded events, as a log reads them whose events come from elsewhere. Times are of one event.</summary>
public class ParseBenchmarks
{
    private readonly SampleLog _sample = new();

    [Benchmark(OperationsPerInvoke = SampleRecords.Count)]
    public int ParseColumns()
    {
        var failed = 0;
        foreach (var encoded in _sample.Encoded)
        {
            EventColumns.TryParse(encoded, _sample.Log.Types, out var columns);
            failed += columns.Failed ? 1 : 0;
        }

        return failed;
    }
}
