using System.Diagnostics;
using System.Globalization;
using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

using Agent = Monitor.V1.Agent;

/// <summary>
/// What an agent costs the aggregator that makes 100 events a second: ten of them, a hundred, a thousand. An aggregator for
/// each number.
/// </summary>
internal sealed class ManyAgents : Measure
{
    private const int Few = 10;
    private const int Some = 100;
    private const int Many = 1000;
    private const int Rate = 100;

    private const int AgentMebibytes = 1;

    // Until what runs for every message is compiled for good, which takes longer the fewer messages there are.
    private static readonly TimeSpan LongWarmUp = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    public override string Name => "many-agents";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var few = await RunAsync(Few, LongWarmUp);
        var some = await RunAsync(Some, LongWarmUp);
        var many = await RunAsync(Many, WarmUp);
        var runs = new[] { few, some, many };
        return
        [
            many.Balance.Figure($"{Many} agents at {Rate} events/s: events neither stored nor reported as missing"),
            new Figure($"{Many} agents: events reported as missing", many.Balance.Missed, 0, ""),
            new Figure(
                $"{Many} agents: the longest lag",
                many.Lags.Max(),
                null,
                "ms",
                string.Create(CultureInfo.InvariantCulture, $"median {Median(many.Lags):0} ms, {Window.TotalSeconds:0} s into it")),
            new Figure($"{Many} agents: aggregator CPU per event", many.MicrosecondsPerEvent, null, "µs"),
            new Figure(
                $"{Many} agents: aggregator CPU per agent",
                many.PercentPerAgent,
                null,
                "% of a core",
                string.Join(", ", runs.Select(run => string.Create(
                    CultureInfo.InvariantCulture, $"{run.PercentPerAgent:0.000} % of each of {run.Agents}")))),
            new Figure(
                $"CPU per agent, {Many} against {Few}",
                many.PercentPerAgent / few.PercentPerAgent,
                1,
                "×"),
            new Figure(
                $"CPU per agent, {Many} against {Some}",
                many.PercentPerAgent / some.PercentPerAgent,
                1,
                "×"),
            new Figure(
                $"{Many} agents: memory per agent",
                (many.FullBytes - many.EmptyBytes - many.LogBytes) / 1e3 / Many,
                null,
                "kB",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{many.FullBytes / 1e6:0} MB resident, {many.EmptyBytes / 1e6:0} MB without agents, {many.LogBytes / 1e6:0} MB of them log")),
        ];
    }

    private static async Task<Run> RunAsync(int count, TimeSpan warmUp)
    {
        using var simulator = await SimulatorProcess.StartAsync(count, AgentMebibytes);
        using var aggregator = await AggregatorProcess.StartAsync("1GiB");
        // Asked once, so that what answers is compiled and counts as the aggregator's own.
        await aggregator.GetStatsAsync();
        var empty = aggregator.Process.ResidentBytes;
        await aggregator.ReachAsync(simulator.Targets);
        await simulator.ProduceAtAsync(Rate);
        await Task.Delay(warmUp);

        var before = (await aggregator.GetStatsAsync()).TotalEvents;
        var cpu = aggregator.Process.CpuTime;
        var start = Stopwatch.GetTimestamp();
        await Task.Delay(Window);
        cpu = aggregator.Process.CpuTime - cpu;
        var elapsed = Stopwatch.GetElapsedTime(start);
        var stats = await aggregator.GetStatsAsync();
        var lags = (await aggregator.GetAgentsAsync()).Select(LagOf).ToList();
        var full = aggregator.Process.ResidentBytes;

        var balance = await Balance.CloseAsync(simulator, aggregator);
        await aggregator.StopAsync();
        await simulator.StopAsync();
        return new Run(
            count,
            balance,
            lags,
            cpu.TotalMicroseconds / (stats.TotalEvents - before),
            cpu / elapsed * 100 / count,
            empty,
            full,
            (long)stats.Log.Bytes);
    }

    private static double LagOf(Agent agent) => agent.Lag?.ToTimeSpan().TotalMilliseconds
        ?? throw new BenchmarkException($"the aggregator does not say how far {agent.Address} was read");

    private sealed record Run(
        int Agents,
        Balance Balance,
        IReadOnlyList<double> Lags,
        double MicrosecondsPerEvent,
        double PercentPerAgent,
        long EmptyBytes,
        long FullBytes,
        long LogBytes);
}
