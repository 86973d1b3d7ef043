using System.Runtime.CompilerServices;

namespace Monitor.Aggregator.Discovery;

/// <summary>The agents that were named at the start.</summary>
internal sealed class StaticAgents(IReadOnlyCollection<AgentAddress> agents) : IAgentSource
{
    public string Description => agents.Count == 1 ? "1 agent by its address" : $"{agents.Count} agents by their addresses";

    public async IAsyncEnumerable<IReadOnlyCollection<AgentAddress>> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        yield return agents;
        await Task.CompletedTask;
    }
}
