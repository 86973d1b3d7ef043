using BenchmarkDotNet.Attributes;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Benchmarks.Micro;

/// <summary>Queries for the newest hundred of a million events. Times are of one query.</summary>
public class QueryBenchmarks
{
    private readonly SampleLog _sample = SampleLog.OfMillion();

    [Benchmark]
    public long Newest100() => Query(null);

    [Benchmark]
    public long OnePid() => Query(new EventFilter { Pid = { SampleRecords.FirstPid + SampleRecords.Count / 2 } });

    [Benchmark]
    public long OneBlock() => Query(new EventFilter { DestinationIp = { "198.51.77.0/24" } });

    private long Query(EventFilter? filter)
    {
        using var result = _sample.Log.Query(new EventQuery { Filter = filter, Limit = 100 });
        return result.TotalCount;
    }
}
