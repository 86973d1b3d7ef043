using System.Threading.Channels;
using Monitor.Aggregator.Discovery;

namespace Monitor.Aggregator.Tests.Links.Support;

/// <summary>The agents that a test lists; it may change its mind.</summary>
internal sealed class ListedDiscovery : IAgentDiscovery
{
    private readonly Channel<IReadOnlyCollection<AgentAddress>> _sets =
        Channel.CreateUnbounded<IReadOnlyCollection<AgentAddress>>();

    public string Description => "the test";

    public void Set(params string[] addresses) => _sets.Writer.TryWrite([.. addresses.Select(Parse)]);

    public IAsyncEnumerable<IReadOnlyCollection<AgentAddress>> WatchAsync(CancellationToken cancellationToken) =>
        _sets.Reader.ReadAllAsync(cancellationToken);

    public static AgentAddress Parse(string text) =>
        AgentAddress.TryParse(text, out var address, out var problem) ? address : throw new ArgumentException(problem);
}
