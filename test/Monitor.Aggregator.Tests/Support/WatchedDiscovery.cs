using Monitor.Aggregator.Discovery;

namespace Monitor.Aggregator.Tests.Support;

/// <summary>A discovery and the sets that it gives, one after the other; cancelled with the test.</summary>
internal sealed class WatchedDiscovery : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _cancel = new();
    private readonly IAsyncEnumerator<IReadOnlyCollection<AgentAddress>> _sets;
    private Task<bool> _next = Task.FromResult(true);

    public WatchedDiscovery(IAgentDiscovery discovery) => _sets = discovery.WatchAsync(_cancel.Token).GetAsyncEnumerator();

    /// <summary>The next set, sorted; null where the discovery ends.</summary>
    public async Task<string[]?> NextAsync()
    {
        _next = _sets.MoveNextAsync().AsTask();
        return await _next.WaitAsync(Patience)
            ? [.. _sets.Current.Select(agent => agent.ToString()).Order(StringComparer.Ordinal)]
            : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _cancel.CancelAsync();
        try
        {
            await _next.WaitAsync(Patience);
        }
        catch (OperationCanceledException)
        {
            // As it should end where a test left it waiting.
        }

        await _sets.DisposeAsync();
        _cancel.Dispose();
    }
}
