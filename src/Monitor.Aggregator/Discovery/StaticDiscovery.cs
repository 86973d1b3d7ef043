using System.Runtime.CompilerServices;

namespace Monitor.Aggregator.Discovery;

/// <summary>The agents that the settings name.</summary>
internal sealed class StaticDiscovery(IReadOnlyCollection<AgentAddress> agents) : IAgentDiscovery
{
    private const int MostShown = 5;

    public string Description => string.Join(", ", agents.Take(MostShown))
        + (agents.Count > MostShown ? $" and {agents.Count - MostShown} more" : "");

    public async IAsyncEnumerable<IReadOnlyCollection<AgentAddress>> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        yield return agents;
        await Task.CompletedTask;
    }
}
