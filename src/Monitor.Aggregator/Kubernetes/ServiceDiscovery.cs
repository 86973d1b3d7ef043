using System.Runtime.CompilerServices;
using Monitor.Aggregator.Discovery;
using Monitor.Kubernetes.Agents;

namespace Monitor.Aggregator.Kubernetes;

/// <summary>The agents behind a headless service of Kubernetes, by its endpoint slices.</summary>
/// <param name="endpoints">The watch of the service.</param>
internal sealed class ServiceDiscovery(AgentEndpoints endpoints) : IAgentDiscovery
{
    public string Description => endpoints.Description;

    public async IAsyncEnumerable<IReadOnlyCollection<AgentAddress>> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var set in endpoints.WatchAsync(cancellationToken))
        {
            yield return [.. set.Select(agent => AgentAddress.Of(agent.Address, agent.Port ?? AgentAddress.DefaultPort)).Distinct()];
        }
    }
}
