using Monitor.Benchmarks.Machine;
using Monitor.Benchmarks.Subscribing;

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
        await StormAsync(agent);
        await SubscribedStormAsync(agent);

        var alone = new List<double>();
        var subscribed = new List<double>();
        var delivered = 0L;
        var stored = 0UL;
        for (var round = 0; round < Rounds; round++)
        {
            alone.Add((await StormAsync(agent)).Nanos);
            var (nanos, events, received) = await SubscribedStormAsync(agent);
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
        await SubscribedStormAsync(agent, certificates);
        var nanos = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            nanos.Add((await SubscribedStormAsync(agent, certificates)).Nanos);
        }

        await agent.StopAsync();
        return Median(nanos);
    }

    private static async Task<(double Nanos, ulong Events, Received Received)> SubscribedStormAsync(
        AgentProcess agent, Certificates? certificates = null)
    {
        using var subscriber = await SubscriberProcess.StartAsync(agent.GrpcTarget, certificates: certificates);
        var (nanos, events) = await StormAsync(agent);
        return (nanos, events, await subscriber.StopAsync());
    }

    // CPU time per stored event, ns. What was not stored is not divided by: an event that is lost costs nothing.
    private static async Task<(double Nanos, ulong Events)> StormAsync(AgentProcess agent)
    {
        var before = await agent.DrainAsync();
        var cpu = agent.Process.CpuTime;
        await Storm.ConnectAsync(Connects);
        var after = await agent.DrainAsync();
        var events = after.TotalEvents - before.TotalEvents;
        return ((agent.Process.CpuTime - cpu).TotalNanoseconds / events, events);
    }
}
