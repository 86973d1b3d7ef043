using Monitor.V1;

namespace Monitor.Server;

/// <summary>The directory of metrics, which not every server has.</summary>
internal sealed class MetricSource(IMetricDirectory? directory)
{
    /// <inheritdoc cref="IMetricDirectory.ReadAsync"/>
    public Task<GetMonitorMetricsResponse?> ReadAsync(
        string name, IReadOnlyCollection<string> nodes, CancellationToken cancellationToken) =>
        directory?.ReadAsync(name, nodes, cancellationToken) ?? Task.FromResult<GetMonitorMetricsResponse?>(null);
}
