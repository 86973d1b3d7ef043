using Monitor.V1;

namespace Monitor.Server.Tests.Support;

/// <summary>What monitors of the user's own count, as a test wants it.</summary>
internal sealed class FakeMetrics : IMetricDirectory
{
    /// <summary>By monitor.</summary>
    public Dictionary<string, GetMonitorMetricsResponse> Of { get; } = [];

    public Task<GetMonitorMetricsResponse?> ReadAsync(
        string name, IReadOnlyCollection<string> nodes, CancellationToken cancellationToken) =>
        Task.FromResult(Of.GetValueOrDefault(name)?.Clone());
}
