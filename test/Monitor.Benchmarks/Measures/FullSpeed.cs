using Monitor.Agent.Monitors;
using Monitor.Benchmarks.Machine;
using Monitor.V1;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// Two million connects as fast as one CPU makes them, at default settings: where each event went, and what a full log
/// takes in memory. A fresh agent for each round, and the storm as soon as it listens.
/// </summary>
internal sealed class FullSpeed : Measure
{
    // Losses are judged in rounds in which the agent had a CPU; more rounds are run until there are so many of them.
    private const int FreeRounds = 3;
    private const int MaxRounds = 10;
    private const long Connects = 2_000_000;

    // Above this part of its CPU in the hands of others, or with that CPU away from the machine for half of the time that
    // fills a ring, the agent cannot be said to have had it.
    private const double MaxOthers = 0.05;
    private static readonly TimeSpan MaxBehind = TimeSpan.FromMilliseconds(8);

    public override string Name => "full-speed";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var rounds = new List<Round>();
        while (rounds.Count < MaxRounds && rounds.Count(round => round.IsFree) < FreeRounds)
        {
            rounds.Add(await RunOnceAsync());
        }

        var judged = rounds.Any(round => round.IsFree) ? rounds.Where(round => round.IsFree) : [rounds.MinBy(round => round.Behind)];
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
                judged.Max(round => round.Lost),
                0,
                "",
                $"{rounds.Count(round => round.IsFree)} of {rounds.Count} rounds had it free: "
                + string.Join("; ", rounds.Select(round =>
                    $"{round.Lost} lost, {round.Others * 100:0} % used by others, behind by {round.Behind.TotalMilliseconds:0} ms while it was away"))),
            new Figure(
                "memory per stored event, all included",
                Median(rounds.Select(round => (double)(round.FullBytes - round.EmptyBytes) / round.InLog)),
                300,
                "bytes",
                $"{Median(rounds.Select(round => (double)round.InLog)):0} events in the log"),
            new Figure(
                "resident, full log",
                Median(rounds.Select(round => round.FullBytes / 1e6)),
                165,
                "MB",
                $"{Median(rounds.Select(round => round.EmptyBytes / 1e6)):0} MB with an empty one"),
        ];
    }

    private static async Task<Round> RunOnceAsync()
    {
        using var agent = await AgentProcess.StartAsync();
        var empty = agent.Process.ResidentBytes;
        using var gaps = await GapsProcess.StartAsync();
        var cpu = agent.Process.CpuTime;
        var busy = Cpus.BusyTime(Cpus.Consumer);
        var start = TimeProvider.System.GetTimestamp();
        await Storm.ConnectAsync(Connects);
        var elapsed = TimeProvider.System.GetElapsedTime(start);
        busy = Cpus.BusyTime(Cpus.Consumer) - busy - (agent.Process.CpuTime - cpu);
        busy -= gaps.CpuTime;
        var behind = await gaps.StopAsync();

        var stats = await agent.DrainAsync();
        var after = CountersOf(stats);
        var full = agent.Process.ResidentBytes;
        await agent.StopAsync();

        var produced = (long)after.Produced;
        var accounted = after.Filtered + after.RateLimited + after.Lost + after.Undecodable + after.Stored;
        return new Round(
            produced,
            (long)after.Stored,
            (long)after.Lost,
            // Both the balance and the storm's own count: others on the machine may have connected too, but not less.
            Math.Max(Math.Abs((long)(after.Produced - accounted)), Connects - produced),
            Math.Max(0, busy / elapsed),
            behind,
            empty,
            full,
            stats.Log.Events);
    }

    private static ProgramCounters CountersOf(GetStatsResponse stats) =>
        stats.Types_.Single(type => type.Type == new ConnectionMonitor().Name).Counters;

    private readonly record struct Round(
        long Produced, long Stored, long Lost, long Missing, double Others, TimeSpan Behind, long EmptyBytes, long FullBytes, ulong InLog)
    {
        public bool IsFree => Others <= MaxOthers && Behind <= MaxBehind;
    }
}
