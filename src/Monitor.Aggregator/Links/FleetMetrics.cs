using Grpc.Core;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

/// <summary>What the user's own monitors count on all nodes: asks the agents that have the monitor. Any thread.</summary>
/// <param name="nodes">The nodes as they are now.</param>
internal sealed class FleetMetrics(Func<IEnumerable<AgentNode>> nodes) : IMetricDirectory
{
    private const int AtOnce = 32;

    // An agent that misbehaves sends no more than this; a good one has at most as many maps.
    private const int MaxFamilies = 64, MaxSeries = 1000;

    /// <inheritdoc />
    public async Task<GetMonitorMetricsResponse?> ReadAsync(
        string name, IReadOnlyCollection<string> wanted, CancellationToken cancellationToken)
    {
        var asked = nodes().Where(node => (wanted.Count == 0 || wanted.Contains(node.Name)) && node.HasOwnMonitor(name))
            .OrderBy(node => node.Name, StringComparer.Ordinal).ToList();
        if (asked.Count == 0)
        {
            return null;
        }

        var response = new GetMonitorMetricsResponse();
        foreach (var group in asked.Chunk(AtOnce))
        {
            var answers = await Task.WhenAll(group.Select(node => AskAsync(node, name, cancellationToken)));
            foreach (var (node, answer) in group.Zip(answers))
            {
                if (answer is null)
                {
                    response.Unanswered.Add(node.Name);
                    continue;
                }

                response.Metrics.AddRange(answer.Metrics.Where(family => family.Series.Count <= MaxSeries).Take(MaxFamilies).Select(family =>
                {
                    family.NodeName = node.Name;
                    return family;
                }));
            }
        }

        return response;
    }

    private static async Task<GetMonitorMetricsResponse?> AskAsync(AgentNode node, string name, CancellationToken cancellationToken)
    {
        try
        {
            return node.Connection is { } connection ? await connection.GetMonitorMetricsAsync(name, cancellationToken) : null;
        }
        catch (Exception failure) when (failure is RpcException or ObjectDisposedException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
