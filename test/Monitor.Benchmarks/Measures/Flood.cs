using System.Diagnostics;
using System.Globalization;
using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// Ten agents that all have as much to send as the aggregator takes, on all CPUs that there are, which the simulated agents
/// need too.
/// </summary>
internal sealed class Flood : Measure
{
    private const int Agents = 10;
    private const int Rounds = 3;

    // Room for what a flood keeps ahead of its reader; see Load.FloodLead.
    private const int AgentMebibytes = 32;

    // Above this part of the CPUs in the hands of others, the two processes cannot be said to have had them.
    private const double MaxOthers = 0.05;

    // Until what runs for every event is compiled for good, in both processes, and the aggregator's log has wrapped.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    public override string Name => "flood";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var clear = await RunAsync(null);
        using var certificates = new Certificates();
        var tls = await RunAsync(certificates);
        return
        [
            .. clear.Figures,
            new Figure(
                "the same with TLS on the links: part of that",
                tls.PerSecond / clear.PerSecond,
                0.5,
                "×",
                string.Create(CultureInfo.InvariantCulture, $"{tls.PerSecond:0} events per second; {tls.Figures[^1].Value:0.00} µs in the aggregator"))
            {
                AtLeast = true,
            },
            tls.Figures[1] with { Measure = "the same with TLS: events neither stored nor reported as missing" },
        ];
    }

    private static async Task<(double PerSecond, IReadOnlyList<Figure> Figures)> RunAsync(Certificates? certificates)
    {
        using var simulator = await SimulatorProcess.StartAsync(Agents, AgentMebibytes, certificates);
        using var aggregator = await AggregatorProcess.StartAsync("512MiB", certificates);
        await aggregator.ReachAsync(simulator.Targets);
        await simulator.FloodAsync();
        await Task.Delay(WarmUp);
        var rounds = new List<Round>();
        for (var round = 0; round < Rounds; round++)
        {
            rounds.Add(await WatchAsync(simulator, aggregator));
        }

        var balance = await Balance.CloseAsync(simulator, aggregator);
        await aggregator.StopAsync();
        await simulator.StopAsync();

        // Judged where both had the machine; where they never had, in the round where they had most of it.
        var quietest = rounds.Min(round => round.Others);
        var quiet = rounds.Where(round => round.Others <= Math.Max(MaxOthers, quietest)).ToList();
        var perSecond = Median(quiet.Select(round => round.PerSecond));
        return (perSecond,
        [
            new Figure(
                $"{Agents} agents flooding one aggregator: events per second",
                perSecond,
                1_000_000,
                "",
                string.Join("; ", rounds.Select(round => round.Describe())))
            {
                AtLeast = true,
            },
            balance.Figure($"{Agents} agents flooding: events neither stored nor reported as missing"),
            new Figure(
                "aggregator CPU per event, flood",
                Median(rounds.Select(round => round.AggregatorMicroseconds)),
                null,
                "µs",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"and {Median(rounds.Select(round => round.SimulatorMicroseconds)):0.00} µs in the simulated agents")),
        ]);
    }

    private static async Task<Round> WatchAsync(SimulatorProcess simulator, AggregatorProcess aggregator)
    {
        var cpus = Enumerable.Range(0, Environment.ProcessorCount).ToList();
        var before = (await aggregator.GetStatsAsync()).TotalEvents;
        var start = Stopwatch.GetTimestamp();
        var (mine, theirs) = (aggregator.Process.CpuTime, simulator.CpuTime);
        var busy = cpus.Sum(cpu => Cpus.BusyTime(cpu).TotalSeconds);
        await Task.Delay(Window);
        busy = cpus.Sum(cpu => Cpus.BusyTime(cpu).TotalSeconds) - busy;
        (mine, theirs) = (aggregator.Process.CpuTime - mine, simulator.CpuTime - theirs);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var events = (await aggregator.GetStatsAsync()).TotalEvents - before;
        return new Round(
            events / seconds,
            mine.TotalMicroseconds / events,
            theirs.TotalMicroseconds / events,
            Math.Max(0, busy - mine.TotalSeconds - theirs.TotalSeconds) / (seconds * cpus.Count));
    }

    private readonly record struct Round(
        double PerSecond, double AggregatorMicroseconds, double SimulatorMicroseconds, double Others)
    {
        public string Describe() =>
            string.Create(CultureInfo.InvariantCulture, $"{PerSecond:0} with {Others * 100:0} % of the CPUs used by others");
    }
}
