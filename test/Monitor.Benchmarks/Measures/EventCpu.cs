using Monitor.Benchmarks.Machine;
using Monitor.Benchmarks.Subscribing;

namespace Monitor.Benchmarks.Measures;

/// <summary>What an agent's process uses, of user's and system's time, for each event of a storm that it stores.</summary>
internal static class EventCpu
{
    /// <summary>With nobody else than who subscribed before.</summary>
    /// <param name="agent">The agent, whose programs report every connect.</param>
    /// <param name="connects">How many the storm makes.</param>
    /// <returns>ns for each event, and how many there were.</returns>
    public static async Task<(double Nanos, ulong Events)> StormAsync(AgentProcess agent, long connects)
    {
        var before = await agent.DrainAsync();
        var cpu = agent.Process.CpuTime;
        await Storm.ConnectAsync(connects);
        var after = await agent.DrainAsync();
        // What was not stored is not divided by: an event that is lost costs nothing.
        var events = after.TotalEvents - before.TotalEvents;
        return ((agent.Process.CpuTime - cpu).TotalNanoseconds / events, events);
    }

    /// <summary>The same with one subscriber to everything.</summary>
    /// <inheritdoc cref="StormAsync"/>
    public static async Task<(double Nanos, ulong Events, Received Received)> SubscribedStormAsync(
        AgentProcess agent, long connects, Certificates? certificates = null)
    {
        using var subscriber = await SubscriberProcess.StartAsync(agent.GrpcTarget, certificates: certificates);
        var (nanos, events) = await StormAsync(agent, connects);
        return (nanos, events, await subscriber.StopAsync());
    }
}
