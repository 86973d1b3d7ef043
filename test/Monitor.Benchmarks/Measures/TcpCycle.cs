using Monitor.Agent.Monitors;
using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// What all TCP events together add to a connection on loopback: connect(), accept() and close() on both sides, which are an
/// attempt, an accept and two ends.
/// </summary>
internal sealed class TcpCycle : Measure
{
    private const int Rounds = 5;
    private const long Cycles = 60_000;

    // The lowest of these counts: what else runs on the machine can only add to it.
    private const int Attempts = 3;

    private static readonly MonitorDefinition[] Monitors =
        [new AcceptMonitor(), new CloseMonitor(), new ConnectionMonitor(), new ResetMonitor(), new RetransmitMonitor()];

    private static readonly string[] Options = ["--programs", string.Join(',', Monitors.Select(monitor => monitor.Name))];

    public override string Name => "tcp-cycle";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var programs = new List<(string, IReadOnlyList<string>)>();
        using (var agent = await AgentProcess.StartAsync(Cpus.Consumer, Options))
        {
            foreach (var monitor in Monitors)
            {
                programs.Add((monitor.Name, await agent.AttachedProgramsAsync(monitor)));
            }

            await agent.StopAsync();
        }

        var rounds = new List<(double Nothing, double Count, double Agent)>();
        for (var round = 0; round < Rounds; round++)
        {
            rounds.Add((await CycleAsync(), await WithCountAsync(programs), await WithAgentAsync()));
        }

        var nothing = Median(rounds.Select(round => round.Nothing));
        var count = Median(rounds.Select(round => round.Count - round.Nothing));
        var agentNanos = Median(rounds.Select(round => round.Agent - round.Nothing));
        return
        [
            new Figure(
                "TCP: time added to connect() + accept() + close(), against a bare C consumer",
                Median(rounds.Select(round => (round.Agent - round.Nothing) / (round.Count - round.Nothing))),
                1.25,
                "×",
                $"{agentNanos:0} ns against {count:0} ns, onto {nothing:0} ns with nothing attached"),
            new Figure("the same in µs", agentNanos / 1000, 2.5, "µs", "an attempt, an accept, two ends"),
        ];
    }

    private static async Task<double> WithCountAsync(List<(string, IReadOnlyList<string>)> programs)
    {
        using var count = await CountProcess.StartAsync(programs);
        var cost = await CycleAsync();
        await count.StopAsync();
        return cost;
    }

    private static async Task<double> WithAgentAsync()
    {
        using var agent = await AgentProcess.StartAsync(Cpus.Consumer, Options);
        await Storm.CycleAsync(Cycles);
        await agent.DrainAsync();
        var cost = await CycleAsync();
        await agent.StopAsync();
        return cost;
    }

    private static async Task<double> CycleAsync()
    {
        var lowest = double.MaxValue;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            lowest = Math.Min(lowest, (await Storm.CycleAsync(Cycles)).CostNanos);
        }

        return lowest;
    }
}
