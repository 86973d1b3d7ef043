using System.Globalization;
using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

/// <summary>Where the events of all agents went, when nothing is on its way any more.</summary>
/// <param name="Produced">By the agents' own count.</param>
/// <param name="Stored">Appended to the aggregator's log.</param>
/// <param name="Missed">Left an agent's log before they could be read, and were reported as a loss.</param>
internal sealed record Balance(long Produced, long Stored, long Missed)
{
    /// <summary>Stops the agents' production and waits until everything is accounted for.</summary>
    public static async Task<Balance> CloseAsync(SimulatorProcess simulator, AggregatorProcess aggregator)
    {
        await simulator.ProduceAtAsync(0);
        // Asked again: what was being produced at that moment is counted now.
        var produced = (await simulator.CountAsync()).Produced;
        await aggregator.DrainAsync(produced);
        var agents = await aggregator.GetAgentsAsync();
        var stored = (long)(await aggregator.GetStatsAsync()).TotalEvents;
        return new Balance(produced, stored, agents.Sum(agent => (long)agent.Missed));
    }

    /// <summary>How many events were lost silently; none may be.</summary>
    public Figure Figure(string measure) => new(
        measure,
        Math.Abs(Produced - Stored - Missed),
        0,
        "",
        string.Create(CultureInfo.InvariantCulture, $"{Produced} produced = {Stored} stored + {Missed} missed"));
}
