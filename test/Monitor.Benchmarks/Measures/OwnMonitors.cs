using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// What an event of a user's own monitor costs: the agent, which decodes it by its schema, and whoever makes the call that it
/// reports, against the built-in monitor of the same call.
/// </summary>
internal sealed class OwnMonitors : Measure
{
    private const int Rounds = 5;
    private const long Connects = 1_000_000;
    private const long TimedConnects = 400_000;

    // The lowest of these counts: what else runs on the machine can only add to it.
    private const int Attempts = 3;

    public override string Name => "own-monitors";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        using var own = new OwnMonitor();
        return [.. await CpuAsync(own), await AddedTimeAsync(own)];
    }

    private static async Task<IReadOnlyList<Figure>> CpuAsync(OwnMonitor own)
    {
        using var agent = await own.StartAgentAsync();
        await EventCpu.StormAsync(agent, Connects);
        await EventCpu.SubscribedStormAsync(agent, Connects);
        var alone = new List<double>();
        var subscribed = new List<double>();
        var delivered = 0L;
        ulong stored = 0, storedAlone = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var (nanos, events) = await EventCpu.StormAsync(agent, Connects);
            alone.Add(nanos);
            storedAlone += events;
            var (withSubscriber, all, received) = await EventCpu.SubscribedStormAsync(agent, Connects);
            subscribed.Add(withSubscriber);
            delivered += received.Events;
            stored += all;
        }

        await agent.StopAsync();
        return
        [
            new Figure(
                "own monitor: agent CPU per event, no subscriber",
                Median(alone) / 1000,
                1.5,
                "µs",
                $"{storedAlone} of {Rounds * Connects} connects stored"),
            new Figure(
                "own monitor: agent CPU per event with one gRPC subscriber to everything",
                Median(subscribed) / 1000,
                2.0,
                "µs",
                $"{delivered} of {stored} events delivered"),
        ];
    }

    private static async Task<Figure> AddedTimeAsync(OwnMonitor own)
    {
        var rounds = new List<(double Nothing, double BuiltIn, double Own)>();
        for (var round = 0; round < Rounds; round++)
        {
            rounds.Add((
                await ConnectAsync(),
                await WithAgentAsync(() => AgentProcess.StartAsync(Cpus.Consumer, "--programs", "connection")),
                await WithAgentAsync(own.StartAgentAsync)));
        }

        // Round by round, for the machine is not equally fast in all of them.
        return new Figure(
            "own monitor: time added to each connect(), against the built-in one",
            Median(rounds.Select(round => (round.Own - round.Nothing) / (round.BuiltIn - round.Nothing))),
            1.0,
            "×",
            $"{Median(rounds.Select(round => round.Own - round.Nothing)):0} ns against "
                + $"{Median(rounds.Select(round => round.BuiltIn - round.Nothing)):0} ns, onto "
                + $"{Median(rounds.Select(round => round.Nothing)):0} ns with nothing attached");
    }

    private static async Task<double> WithAgentAsync(Func<Task<AgentProcess>> start)
    {
        using var agent = await start();
        await Storm.ConnectAsync(TimedConnects);
        await agent.DrainAsync();
        var cost = await ConnectAsync();
        await agent.StopAsync();
        return cost;
    }

    private static async Task<double> ConnectAsync()
    {
        var lowest = double.MaxValue;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            lowest = Math.Min(lowest, (await Storm.ConnectAsync(TimedConnects)).CostNanos);
        }

        return lowest;
    }
}
