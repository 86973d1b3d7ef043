using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Links;
using Monitor.Kubernetes;
using Monitor.Kubernetes.Access;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Watching;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Aggregator.Kubernetes;

/// <summary>
/// Watches the cluster's pods, services and nodes at the API server, in the background. An API server out of reach delays
/// names, never events.
/// </summary>
internal sealed class ClusterPeers : IAsyncDisposable
{
    private readonly ApiConnection _connection;
    private readonly KubernetesWatch _watch;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <summary>Watches from now on.</summary>
    /// <param name="connection">The API server; this disposes of it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    public ClusterPeers(ApiConnection connection, TimeProvider time, ILoggerFactory loggers)
    {
        _connection = connection;
        var view = new ClusterView(new ClusterViewOptions(), time);
        Names = new PeerNames(view);
        Reviewer = new AccountReviewer(new TokenReviews(connection, time));
        _watch = KubernetesWatch.OfCluster(connection, view, time, loggers.CreateLogger<KubernetesWatch>());
        _running = _watch.RunAsync(_stop.Token);
    }

    /// <summary>What it knows, for the links.</summary>
    public PeerLookup Names { get; }

    /// <summary>What knows the tokens of accounts.</summary>
    public ITokenReviewer Reviewer { get; }

    /// <summary>How the watches are doing, as parts of health. Any thread.</summary>
    public IEnumerable<HealthPart> Health() => _watch.Status.Select(watch => new HealthPart
    {
        Name = $"kubernetes/{watch.Resource}",
        Status = watch.IsHealthy ? HealthStatus.Healthy : HealthStatus.Degraded,
        Message = watch.Describe(),
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _connection.Dispose();
        _stop.Dispose();
    }
}
