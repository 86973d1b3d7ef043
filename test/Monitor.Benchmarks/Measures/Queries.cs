using Monitor.Benchmarks.Machine;
using Monitor.Benchmarks.Micro;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// Time of queries over a million events of a running agent, as a client sees it, request, answer and all; and beside it
/// that of the log alone, in this process.
/// </summary>
internal sealed class Queries : Measure
{
    private const long Events = 1_000_000;
    private const int SelectedEvents = 500;
    private const int Limit = 100;

    // The first ones run code that is not compiled for good yet, in the agent and here.
    private const int WarmUps = 100;
    private const int Repeats = 101;

    public override string Name => "queries";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        // 1. A log of a million events, of which one process made a few in the middle.
        using var agent = await AgentProcess.StartAsync(options: ["--retention", "512MiB"]);
        await Storm.ConnectAsync(Events / 2);
        await agent.DrainAsync();
        var selected = await Storm.ConnectAsync(SelectedEvents);
        await agent.DrainAsync();
        await Storm.ConnectAsync(Events / 2);
        var stored = (await agent.DrainAsync()).Log.Events;
        var log = SampleLog.OfMillion().Log;

        // 2. Ask.
        var newest = await AskAsync(agent, new ListEventsRequest { Limit = Limit });
        var onePid = await AskAsync(agent, new ListEventsRequest { Limit = Limit, Pid = { (uint)selected.Pid } }, SelectedEvents);
        var oneBlock = await AskAsync(agent, new ListEventsRequest { Limit = Limit, DestinationIp = { "192.0.2.0/24" } }, 0);
        await agent.StopAsync();
        var newestInLog = Query(log, null);
        var onePidInLog = Query(log, new EventFilter { Pid = { SampleRecords.FirstPid } });
        var oneBlockInLog = Query(log, new EventFilter { DestinationIp = { "198.51.77.0/24" } });
        return
        [
            new Figure(
                "newest 100 events", newest, 2, "ms", $"of {stored}, over gRPC; {newestInLog:0.000} ms without it"),
            new Figure(
                "a selective filter over 1 million events",
                Math.Max(onePid, oneBlock),
                25,
                "ms",
                $"over gRPC: one pid {onePid:0.0} ms, one CIDR block {oneBlock:0.0} ms; "
                + $"without it {onePidInLog:0.0} and {oneBlockInLog:0.0} ms"),
        ];
    }

    private static async Task<double> AskAsync(AgentProcess agent, ListEventsRequest request, int? expected = null)
    {
        var times = new List<double>();
        for (var i = 0; i < WarmUps + Repeats; i++)
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            var response = await agent.Events.ListEventsAsync(request);
            times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            if (expected is not null && response.TotalCount != expected)
            {
                throw new BenchmarkException($"the query found {response.TotalCount} events where there are {expected}");
            }
        }

        return Median(times.Skip(WarmUps));
    }

    private static double Query(EventLog log, EventFilter? filter)
    {
        var times = new List<double>();
        for (var i = 0; i < WarmUps + Repeats; i++)
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            using var result = log.Query(new EventQuery { Filter = filter, Limit = Limit });
            times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return Median(times.Skip(WarmUps));
    }
}
