using System.Diagnostics;
using System.Globalization;
using Monitor.Benchmarks.Machine;
using Monitor.V1;

namespace Monitor.Benchmarks.Measures;

/// <summary>Time of queries over five million events of ten agents, as a client sees it, request, answer and all.</summary>
internal sealed class ClusterQueries : Measure
{
    private const int Agents = 10;
    private const int AgentMebibytes = 32;
    private const long Events = 5_000_000;
    private const int Limit = 100;
    private const double MaxMilliseconds = 50;

    // The first ones run code that is not compiled for good yet, in the aggregator and here.
    private const int WarmUps = 50;
    private const int Repeats = 200;

    public override string Name => "cluster-queries";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        // 1. Five million events.
        using var simulator = await SimulatorProcess.StartAsync(Agents, AgentMebibytes);
        using var aggregator = await AggregatorProcess.StartAsync("2GiB");
        await aggregator.ReachAsync(simulator.Targets);
        await simulator.FloodAsync();
        while ((await simulator.CountAsync()).Produced < Events)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        await Balance.CloseAsync(simulator, aggregator);
        var stored = (await aggregator.GetStatsAsync()).Log.Events;
        if (stored < (ulong)Events)
        {
            throw new BenchmarkException($"only {stored} events are stored, of {Events} that are needed");
        }

        // 2. Ask.
        var judged = await AskAsync(
            aggregator,
            ("newest", new ListEventsRequest { Limit = Limit }),
            ("one type", new ListEventsRequest { Limit = Limit, Type = { "packet_drop" } }));
        var scans = await AskAsync(
            aggregator,
            ("one node", new ListEventsRequest { Limit = Limit, NodeName = { "node-3" } }),
            ("failures", new ListEventsRequest { Limit = Limit, Failed = true }),
            ("no match", new ListEventsRequest { Limit = Limit, DestinationIp = { "203.0.113.0/24" } }));
        await aggregator.StopAsync();
        await simulator.StopAsync();
        var measure = $"{Limit} events of {stored / 1e6:0} million, over gRPC";
        return
        [
            Slowest($"{measure}: median", judged, 0.5, MaxMilliseconds),
            Slowest($"{measure}: p99", judged, 0.99, MaxMilliseconds),
            Slowest($"{measure}, by filters that look at every event: median", scans, 0.5, null),
        ];
    }

    private static async Task<IReadOnlyList<Times>> AskAsync(
        AggregatorProcess aggregator, params (string Name, ListEventsRequest Request)[] queries)
    {
        var times = new List<Times>();
        foreach (var (name, request) in queries)
        {
            times.Add(new Times(name, await AskAsync(aggregator, request)));
        }

        return times;
    }

    private static async Task<double[]> AskAsync(AggregatorProcess aggregator, ListEventsRequest request)
    {
        var times = new List<double>();
        for (var i = 0; i < WarmUps + Repeats; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await aggregator.Events.ListEventsAsync(request);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return [.. times.Skip(WarmUps).Order()];
    }

    private static Figure Slowest(string measure, IReadOnlyList<Times> queries, double part, double? limit) => new(
        measure,
        queries.Max(query => query.Quantile(part)),
        limit,
        "ms",
        string.Join(", ", queries.Select(query =>
            string.Create(CultureInfo.InvariantCulture, $"{query.Name} {query.Quantile(part):0.0} ms"))));

    private sealed record Times(string Name, double[] Sorted)
    {
        public double Quantile(double part) => Sorted[(int)Math.Ceiling(Sorted.Length * part) - 1];
    }
}
