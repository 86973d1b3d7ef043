using System.Runtime.CompilerServices;
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
/// The pods of this node, for the reader: found by cgroup or process, or by the address of a packet. Watches cgroups and the
/// API server in the background. An API server out of reach delays names, never events.
/// </summary>
internal sealed class NodeKubernetes : PodLookup, IAsyncDisposable
{
    // One slot for each container of a large node, by identity. Two that share a slot take turns, at the cost of encoding.
    private const int Slots = 1024;

    private static readonly PodFields NoProcess = new(Attribution.NoProcess);

    private readonly (object? Key, PodFields Fields)[] _fields = new (object?, PodFields)[Slots];
    private readonly ApiConnection _connection;
    private readonly NodeAttribution _attribution;
    private readonly ClusterView _view;
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
        _view = new ClusterView(new ClusterViewOptions(), time);
        _watch = KubernetesWatch.OfNode(
            _connection, nodeName, _attribution, _view, time, loggers.CreateLogger<KubernetesWatch>());
    }

    /// <summary>Scans the cgroups that are there, and watches from then on. Call it before the reader starts.</summary>
    public void Start()
    {
        _attribution.Start();
        _running = Task.WhenAll(_attribution.RunAsync(_stop.Token), _watch.RunAsync(_stop.Token));
    }

    public override PodFields OfProcess(ulong cgroupId, uint pid)
    {
        var identity = _attribution.Resolve(cgroupId, pid);
        ref var slot = ref SlotOf(identity);
        if (!ReferenceEquals(slot.Key, identity))
        {
            slot = (identity, Encode(identity));
        }

        return slot.Fields;
    }

    public override PodFields OfPacket(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, long timeUnixNanos)
    {
        if (source.IsEmpty)
        {
            return NoProcess;
        }

        // The sender caused the packet, if it is on this node.
        var pod = _view.Find(source, timeUnixNanos) ?? _view.Find(destination, timeUnixNanos);
        if (pod is null)
        {
            return NoProcess;
        }

        ref var slot = ref SlotOf(pod);
        if (!ReferenceEquals(slot.Key, pod))
        {
            slot = (pod, new PodFields(
                Attribution.Address, pod.Namespace, pod.Name, null, pod.Workload?.Kind, pod.Workload?.Name));
        }

        return slot.Fields;
    }

    /// <summary>How the watch of the API server is doing, as a part of health. Any thread.</summary>
    public IEnumerable<HealthPart> Health() => _watch.Status.Select(watch => new HealthPart
    {
        Name = $"kubernetes/{watch.Resource}",
        Status = watch.Phase == WatchPhase.Watching ? HealthStatus.Healthy : HealthStatus.Degraded,
        Message = watch.Phase == WatchPhase.Watching ? "" : watch.Describe(),
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _attribution.Dispose();
        _connection.Dispose();
        _stop.Dispose();
    }

    private ref (object? Key, PodFields Fields) SlotOf(object key) =>
        ref _fields[RuntimeHelpers.GetHashCode(key) & (Slots - 1)];

    private static PodFields Encode(PodIdentity identity) => new(
        identity.Attribution switch
        {
            AttributionKind.Cgroup => Attribution.Cgroup,
            AttributionKind.Process => Attribution.Process,
            AttributionKind.Outside => Attribution.Outside,
            AttributionKind.UnknownPod => Attribution.UnknownPod,
            _ => Attribution.UnknownCgroup,
        },
        identity.Namespace,
        identity.PodName,
        identity.ContainerName,
        identity.Workload?.Kind,
        identity.Workload?.Name);
}
