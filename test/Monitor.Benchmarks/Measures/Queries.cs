using System.Diagnostics;
using Monitor.Benchmarks.Machine;
using Monitor.V1;

namespace Monitor.Benchmarks.Measures;

/// <summary>Time of queries over a million events of a running agent, seen by a client: request, answer and all.</summary>
internal sealed class Queries : Measure
{
    private const long Events = 1_000_000;
    private const int SelectedEvents = 500;
    private const int Repeats = 101;

    public override string Name => "queries";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        // 1. A log of a million events, of which one process made a few in the middle.
        using var agent = await AgentProcess.StartAsync(options: ["--retention", "512MiB"]);
        await Storm.ConnectAsync(Events / 2);
        var selected = await Storm.ConnectAsync(SelectedEvents);
        await Storm.ConnectAsync(Events / 2);
        var stored = (await agent.DrainAsync()).Log.Events;

        // 2. Ask in turns.
        var newest = new List<double>();
        var filtered = new List<double>();
        var byBlock = new List<double>();
        for (var i = 0; i < Repeats; i++)
        {
            newest.Add(await TimeAsync(agent, new ListEventsRequest { Limit = 100 }, expected: null));
            filtered.Add(await TimeAsync(
                agent, new ListEventsRequest { Limit = 100, Pid = { (uint)selected.Pid } }, SelectedEvents));
            byBlock.Add(await TimeAsync(
                agent, new ListEventsRequest { Limit = 100, DestinationIp = { "192.0.2.0/24" } }, expected: null));
        }

        await agent.StopAsync();
        return
        [
            new Figure("newest 100 events", Median(newest), 2, "ms", $"of {stored}, over gRPC"),
            new Figure(
                $"a selective filter over 1 million events",
                Math.Max(Median(filtered), Median(byBlock)),
                25,
                "ms",
                $"over gRPC; one pid {Median(filtered):0.0} ms, one CIDR block {Median(byBlock):0.0} ms"),
        ];
    }

    private static async Task<double> TimeAsync(AgentProcess agent, ListEventsRequest request, int? expected)
    {
        var start = Stopwatch.GetTimestamp();
        var response = await agent.Events.ListEventsAsync(request);
        var time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return expected is null || response.TotalCount == expected
            ? time
            : throw new BenchmarkException($"the query found {response.TotalCount} events where there are {expected}");
    }
}
