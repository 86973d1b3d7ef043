using Monitor.Benchmarks.Machine;
using Monitor.Benchmarks.Subscribing;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// From an event's timestamp in the kernel to its arrival in a subscriber's process, both of the boot-time clock. The
/// timestamp of a UDP connect is that of the attempt; the kernel knows what became of it at the socket's next call, which
/// at this rate is 1 ms later and included.
/// </summary>
internal sealed class Latency : Measure
{
    private const long Rate = 1000;
    private const long Seconds = 10;

    // The subscriber's first messages are read by code that is only being compiled: their ages are left out.
    private const long WarmUpSeconds = 3;

    /// <summary>How many events a subscriber does not date.</summary>
    public const long WarmUpEvents = Rate * WarmUpSeconds;

    public override string Name => "latency";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        using var agent = await AgentProcess.StartAsync();
        using var subscriber = await SubscriberProcess.StartAsync(agent.GrpcTarget, Storm.Command);
        await Storm.PacedAsync(Rate, WarmUpSeconds + Seconds);
        await agent.DrainAsync();
        var received = await subscriber.StopAsync();
        await agent.StopAsync();
        if (received.Events != Rate * (WarmUpSeconds + Seconds))
        {
            throw new BenchmarkException($"the subscriber received {received.Events} of {Rate * (WarmUpSeconds + Seconds)} events");
        }

        return
        [
            new Figure(
                $"kernel to subscriber, p99, {Rate} events/s",
                received.P99AgeNanos / 1e6,
                25,
                "ms",
                $"median {received.MedianAgeNanos / 1e6:0.0} ms, highest {received.MaxAgeNanos / 1e6:0.0} ms, of {Rate * Seconds} events"),
        ];
    }
}
