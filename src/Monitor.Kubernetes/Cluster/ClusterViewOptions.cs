namespace Monitor.Kubernetes.Cluster;

/// <summary>Limits of the cluster view.</summary>
public sealed record ClusterViewOptions
{
    /// <summary>How long it stays known whose an address was, after its end: longer than an event is under way from its
    /// agent, outages included.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Addresses that are kept; one costs about 250 bytes.</summary>
    public int MaxAddresses { get; init; } = 300_000;
}
