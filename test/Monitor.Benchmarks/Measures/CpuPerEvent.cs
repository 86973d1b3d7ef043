using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// CPU time, user's and system's, that the agent uses for each event, from ring to log and from ring to a subscriber to
/// everything.
/// </summary>
internal sealed class CpuPerEvent : Measure
{
    private const int Rounds = 5;
    private const long Connects = 1_000_000;

    public override string Name => "cpu";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        using var agent = await AgentProcess.StartAsync();
        await EventCpu.StormAsync(agent, Connects);
        await EventCpu.SubscribedStormAsync(agent, Connects);

        var alone = new List<double>();
        var subscribed = new List<double>();
        var delivered = 0L;
        var stored = 0UL;
        for (var round = 0; round < Rounds; round++)
        {
            alone.Add((await EventCpu.StormAsync(agent, Connects)).Nanos);
            var (nanos, events, received) = await EventCpu.SubscribedStormAsync(agent, Connects);
            subscribed.Add(nanos);
            delivered += received.Events;
            stored += events;
        }

        await agent.StopAsync();
        var secured = await SecuredAsync();
        return
        [
            new Figure("agent CPU per event, no subscriber", Median(alone) / 1000, 0.6, "µs"),
            new Figure(
                "agent CPU per event with one gRPC subscriber to everything",
                Median(subscribed) / 1000,
                1.0,
                "µs",
                $"{delivered} of {stored} events delivered"),
            new Figure("the same with TLS: added", (secured - Median(subscribed)) / 1000, 0.3, "µs"),
        ];
    }

    // After the other agent: two would share its CPU.
    private static async Task<double> SecuredAsync()
    {
        using var certificates = new Certificates();
        using var agent = await AgentProcess.StartAsync(certificates);
        await EventCpu.SubscribedStormAsync(agent, Connects, certificates);
        var nanos = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            nanos.Add((await EventCpu.SubscribedStormAsync(agent, Connects, certificates)).Nanos);
        }

        await agent.StopAsync();
        return Median(nanos);
    }
}
