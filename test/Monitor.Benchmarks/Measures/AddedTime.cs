using Monitor.Agent.Monitors;
using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// What the agent adds to the time of the system calls of others. The kernel's share is there with any consumer of the
/// same BPF object, so connects are compared with those under a bare one that only counts.
/// </summary>
internal sealed class AddedTime : Measure
{
    private const int Rounds = 7;
    private const long Connects = 400_000;
    private const long PacedRate = 20_000;
    private const long PacedSeconds = 1;
    private const long OtherCalls = 1_000_000;

    // The lowest of these counts: what else runs on the machine can only add to it.
    private const int Attempts = 3;

    // Enough that what runs per event is compiled for good, and the log has wrapped.
    private const long WarmUpConnects = 700_000;

    public override string Name => "added-time";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var monitor = new ConnectionMonitor();
        IReadOnlyList<string> programs;
        using (var agent = await AgentProcess.StartAsync())
        {
            programs = await agent.AttachedProgramsAsync(monitor);
            await agent.StopAsync();
        }

        var rounds = new List<Round>();
        for (var round = 0; round < Rounds; round++)
        {
            rounds.Add(new Round(await CallAsync(), await WithCountAsync(monitor, programs), await WithAgentAsync()));
        }

        return
        [
            Added("time added to each connect() in a storm, against a bare C consumer", rounds, calls => calls.Storm),
            Added($"the same at a paced {PacedRate} per second", rounds, calls => calls.Paced),
            Other(rounds),
        ];
    }

    private static async Task<Calls> WithCountAsync(MonitorDefinition monitor, IReadOnlyList<string> programs)
    {
        using var count = await CountProcess.StartAsync((monitor.Name, programs));
        var calls = await CallAsync();
        await count.StopAsync();
        return calls;
    }

    private static async Task<Calls> WithAgentAsync()
    {
        using var agent = await AgentProcess.StartAsync();
        await Storm.ConnectAsync(WarmUpConnects);
        await agent.DrainAsync();
        var calls = await CallAsync();
        await agent.StopAsync();
        return calls;
    }

    private static async Task<Calls> CallAsync() => new(
        await LowestAsync(() => Storm.ConnectAsync(Connects)),
        await LowestAsync(() => Storm.PacedAsync(PacedRate, PacedSeconds)),
        await LowestAsync(() => Storm.GetppidAsync(OtherCalls)));

    private static async Task<double> LowestAsync(Func<Task<StormResult>> storm)
    {
        var lowest = double.MaxValue;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            lowest = Math.Min(lowest, (await storm()).CostNanos);
        }

        return lowest;
    }

    private static Figure Added(string measure, List<Round> rounds, Func<Calls, double> of)
    {
        // Round by round, for the machine is not equally fast in all of them.
        var ratio = Median(rounds.Select(round =>
            (of(round.Agent) - of(round.Nothing)) / (of(round.Count) - of(round.Nothing))));
        var nothing = Median(rounds.Select(round => of(round.Nothing)));
        var count = Median(rounds.Select(round => of(round.Count) - of(round.Nothing)));
        var agent = Median(rounds.Select(round => of(round.Agent) - of(round.Nothing)));
        return new Figure(
            measure, ratio, 1.25, "×", $"{agent:0} ns against {count:0} ns, onto {nothing:0} ns with nothing attached");
    }

    private static Figure Other(List<Round> rounds)
    {
        var percent = Median(rounds.Select(round => (round.Agent.Other / round.Nothing.Other - 1) * 100));
        var nothing = Median(rounds.Select(round => round.Nothing.Other));
        var agent = Median(rounds.Select(round => round.Agent.Other));
        return new Figure(
            "time added to an unrelated system call (getppid)", percent, 2, "%", $"{agent:0.0} ns, {nothing:0.0} ns without");
    }

    // ns per call: connect at full speed and paced, getppid.
    private readonly record struct Calls(double Storm, double Paced, double Other);

    private readonly record struct Round(Calls Nothing, Calls Count, Calls Agent);
}
