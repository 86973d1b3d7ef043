using Microsoft.Extensions.Logging;
using Monitor.Agent.Encoding;
using Monitor.Bpf.Attaching;
using Monitor.Bpf.Kernel;
using Monitor.Kubernetes;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Pods;
using Monitor.Kubernetes.Watching;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Kubernetes;

/// <summary>
/// Watches this node's cgroups, and its pods at the API server, in the background. An API server out of reach delays names,
/// never events.
/// </summary>
internal sealed class NodeKubernetes : IAsyncDisposable
{
    private readonly ApiConnection _connection;
    private readonly NodeAttribution _attribution;
    private readonly KubernetesWatch _watch;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <param name="kubeconfig">How to reach the API server; null: as the service account of this pod.</param>
    /// <param name="nodeName">The name of the node in Kubernetes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    public NodeKubernetes(string? kubeconfig, string nodeName, TimeProvider time, ILoggerFactory loggers)
    {
        _connection = kubeconfig is null ? ApiConnection.InCluster() : ApiConnection.FromKubeconfig(kubeconfig);
        _attribution = new NodeAttribution(
            new AttributionOptions { CgroupMount = CgroupMount.Find()?.Path },
            Inode.Of,
            time,
            loggers.CreateLogger<NodeAttribution>());
        var view = new ClusterView(new ClusterViewOptions(), time);
        Names = new PodNames(_attribution, view);
        _watch = KubernetesWatch.OfNode(
            _connection, nodeName, _attribution, view, time, loggers.CreateLogger<KubernetesWatch>());
    }

    /// <summary>What it knows, for the reader.</summary>
    public PodLookup Names { get; }

    /// <summary>Scans the cgroups that are there, and watches from then on. Call it before the reader starts.</summary>
    public void Start()
    {
        _attribution.Start();
        _running = Task.WhenAll(_attribution.RunAsync(_stop.Token), _watch.RunAsync(_stop.Token));
    }

    /// <summary>How the watch of the API server and attribution are doing, as parts of health. Any thread.</summary>
    public IEnumerable<HealthPart> Health() => _watch.Status.Select(watch => new HealthPart
    {
        Name = $"kubernetes/{watch.Resource}",
        Status = watch.IsHealthy ? HealthStatus.Healthy : HealthStatus.Degraded,
        Message = watch.Describe(),
    }).Append(AttributionHealth(_attribution.Statistics));

    internal static HealthPart AttributionHealth(AttributionStatistics attribution) => new()
    {
        Name = "kubernetes/attribution",
        Status = attribution.NoRoom is null ? HealthStatus.Healthy : HealthStatus.Degraded,
        Message = attribution.NoRoom is { } reason
            ? $"some cgroups are not kept, and events from them are attributed by process, if at all: {reason}"
            : $"{attribution.PodCgroups} cgroups of pods",
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _attribution.Dispose();
        _connection.Dispose();
        _stop.Dispose();
    }
}
