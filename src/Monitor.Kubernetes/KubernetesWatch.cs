using Microsoft.Extensions.Logging;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Pods;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes;

/// <summary>Watches what an agent or an aggregator needs to know of its cluster.</summary>
public sealed class KubernetesWatch
{
    private static readonly TimeSpan ForgetInterval = TimeSpan.FromMinutes(1);

    private readonly IReflector[] _reflectors;
    private readonly ClusterView _view;
    private readonly TimeProvider _time;

    private KubernetesWatch(IReflector[] reflectors, ClusterView view, TimeProvider time)
    {
        _reflectors = reflectors;
        _view = view;
        _time = time;
    }

    /// <summary>The pods of one node, for attribution by cgroup and by address. Needs list and watch on pods.</summary>
    public static KubernetesWatch OfNode(
        ApiConnection connection,
        string nodeName,
        NodeAttribution attribution,
        ClusterView view,
        TimeProvider time,
        ILogger<KubernetesWatch> logger)
    {
        var options = new WatchOptions();
        return new KubernetesWatch(
            [
                new Reflector<Pod>(
                    connection, PodReader.Pods(nodeName), new BothSinks<Pod>(attribution, view.Pods), options, time, logger),
            ],
            view,
            time);
    }

    /// <summary>All pods, services and nodes. Needs list and watch on the three.</summary>
    public static KubernetesWatch OfCluster(
        ApiConnection connection,
        ClusterView view,
        TimeProvider time,
        ILogger<KubernetesWatch> logger)
    {
        var options = new WatchOptions();
        return new KubernetesWatch(
            [
                new Reflector<Node>(connection, NodeReader.Nodes(), view.Nodes, options, time, logger),
                new Reflector<Service>(connection, ServiceReader.Services(), view.Services, options, time, logger),
                new Reflector<Pod>(connection, PodReader.Pods(), view.Pods, options, time, logger),
            ],
            view,
            time);
    }

    /// <summary>How each watch is doing. Any thread.</summary>
    public IReadOnlyList<WatchStatus> Status => Array.ConvertAll(_reflectors, reflector => reflector.Status);

    /// <summary>Watches until it is cancelled. Throws nothing.</summary>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        var tasks = _reflectors.Select(reflector => reflector.RunAsync(cancellationToken));
        return Task.WhenAll(tasks.Append(ForgetAsync(cancellationToken)));
    }

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(ForgetInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                _view.Forget();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is not wanted any more.
        }
    }
}
