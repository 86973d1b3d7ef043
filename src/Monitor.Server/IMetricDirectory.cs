using Monitor.V1;

namespace Monitor.Server;

/// <summary>Where the server reads what the user's own monitors count: the agent's own maps, or those of all agents.</summary>
public interface IMetricDirectory
{
    /// <summary>Reads the metrics of one monitor.</summary>
    /// <param name="name">The monitor.</param>
    /// <param name="nodes">Names of nodes; empty: all.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits for the answer any more.</param>
    /// <returns>What was read, which the caller may keep and change; null where no monitor of that name runs.</returns>
    Task<GetMonitorMetricsResponse?> ReadAsync(string name, IReadOnlyCollection<string> nodes, CancellationToken cancellationToken);
}
