using Monitor.Agent.Monitors;
using Monitor.Benchmarks.Machine;
using Monitor.V1;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// Two million connects as fast as one CPU makes them, at default settings: where each event went, and what a full log
/// takes in memory. A fresh agent for each round; a storm before lets it compile what runs per event.
/// </summary>
internal sealed class FullSpeed : Measure
{
    private const int Rounds = 3;
    private const long Connects = 2_000_000;
    private const long WarmUpConnects = 500_000;

    // Above this part of its CPU in the hands of others, the agent cannot be said to have had it.
    private const double MaxOthers = 0.05;

    public override string Name => "full-speed";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var rounds = new List<Round>();
        for (var round = 0; round < Rounds; round++)
        {
            rounds.Add(await RunOnceAsync());
        }

        // Losses are judged where the agent had its CPU; if it never had, in the round where it had most of it.
        var quietest = rounds.Min(round => round.Others);
        var quiet = rounds.Where(round => round.Others <= Math.Max(MaxOthers, quietest)).ToList();
        return
        [
            new Figure(
                "2 million connects: events neither stored nor counted as lost",
                rounds.Max(round => Math.Abs(round.Missing)),
                0,
                "",
                string.Join("; ", rounds.Select(round => $"{round.Produced} produced = {round.Stored} stored + {round.Lost} lost"))),
            new Figure(
                "2 million connects: lost, with a second core free",
                quiet.Max(round => round.Lost),
                0,
                "",
                string.Join("; ", rounds.Select(round => $"{round.Lost} with {round.Others * 100:0} % of it used by others"))
                + $"; of {WarmUpConnects} just after the start: {string.Join(", ", rounds.Select(round => round.LostBefore))}"),
            new Figure(
                "memory per stored event, all included",
                Median(rounds.Select(round => (double)(round.FullBytes - round.EmptyBytes) / round.InLog)),
                300,
                "bytes",
                $"{Median(rounds.Select(round => (double)round.InLog)):0} events in the log"),
            new Figure(
                "resident, full log",
                Median(rounds.Select(round => round.FullBytes / 1e6)),
                160,
                "MB",
                $"{Median(rounds.Select(round => round.EmptyBytes / 1e6)):0} MB with an empty one"),
        ];
    }

    private static async Task<Round> RunOnceAsync()
    {
        using var agent = await AgentProcess.StartAsync();
        var cold = CountersOf(await agent.DrainAsync());
        var empty = agent.Process.ResidentBytes;
        await Storm.ConnectAsync(WarmUpConnects);
        var before = CountersOf(await agent.DrainAsync());
        var cpu = agent.Process.CpuTime;
        var busy = Cpus.BusyTime(Cpus.Consumer);
        var start = TimeProvider.System.GetTimestamp();
        await Storm.ConnectAsync(Connects);
        var elapsed = TimeProvider.System.GetElapsedTime(start);
        busy = Cpus.BusyTime(Cpus.Consumer) - busy - (agent.Process.CpuTime - cpu);

        var stats = await agent.DrainAsync();
        var after = CountersOf(stats);
        var full = agent.Process.ResidentBytes;
        await agent.StopAsync();

        var produced = (long)(after.Produced - before.Produced);
        var accounted = after.Filtered + after.RateLimited + after.Lost + after.Undecodable + after.Stored;
        return new Round(
            produced,
            (long)(after.Stored - before.Stored),
            (long)(after.Lost - before.Lost),
            (long)(before.Lost - cold.Lost),
            // Both the balance and the storm's own count: others on the machine may have connected too, but not less.
            Math.Max(Math.Abs((long)(after.Produced - accounted)), Connects - produced),
            Math.Max(0, busy / elapsed),
            empty,
            full,
            stats.Log.Events);
    }

    private static ProgramCounters CountersOf(GetStatsResponse stats) =>
        stats.Types_.Single(type => type.Type == new ConnectionMonitor().Name).Counters;

    private readonly record struct Round(
        long Produced, long Stored, long Lost, long LostBefore, long Missing, double Others, long EmptyBytes, long FullBytes, ulong InLog);
}
