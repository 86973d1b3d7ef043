using Monitor.Events;

namespace Monitor.Server;

/// <summary>What <c>/metrics</c> has.</summary>
public sealed class MetricOptions
{
    /// <summary>Most series of one metric without a setting: with names of usual length, a scrape is below 1 MB with all of them
    /// in use.</summary>
    public const int DefaultMaxSeries = 300;

    /// <summary>Labels of the metrics of the network.</summary>
    public IReadOnlyList<NetworkLabel> Labels { get; init; } = NetworkLabel.Default;

    /// <summary>Most series of one metric; 1 or more. The rest is summed under "other", and counted.</summary>
    public int MaxSeries { get; init; } = DefaultMaxSeries;
}
