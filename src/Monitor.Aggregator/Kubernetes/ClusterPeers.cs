using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Links;
using Monitor.Events;
using Monitor.Kubernetes;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Watching;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Aggregator.Kubernetes;

/// <summary>
/// Names peers by the addresses of the cluster's pods, services and nodes, as they were at the time of the event. Watches the
/// API server in the background. An API server out of reach delays names, never events.
/// </summary>
internal sealed class ClusterPeers : PeerLookup, IAsyncDisposable
{
    private const int MaxPeerBytes = 2048;

    // By identity. Two peers that share a slot take turns, at the cost of encoding.
    private const int Slots = 4096;

    private readonly (Peer? Peer, Encoded? Encoded)[] _slots = new (Peer?, Encoded?)[Slots];
    private readonly ApiConnection _connection;
    private readonly ClusterView _view;
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
        _view = new ClusterView(new ClusterViewOptions(), time);
        _watch = KubernetesWatch.OfCluster(connection, _view, time, loggers.CreateLogger<KubernetesWatch>());
        _running = _watch.RunAsync(_stop.Token);
    }

    public override ReadOnlySpan<byte> Find(in EventColumns columns)
    {
        if (columns.Destination is not { } destination)
        {
            return [];
        }

        var time = columns.TimeUnixNanos;
        var found = Encode(_view.Find(destination, time));
        if (found is not null && columns.IsOfPod(found.NameHash, found.NamespaceHash) && columns.Source is { } source)
        {
            // The event is the receiver's, so the sender is the other side.
            found = Encode(_view.Find(source, time));
        }

        return found is null ? [] : found.Fields;
    }

    /// <summary>How the watches are doing, as parts of health. Any thread.</summary>
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
        _connection.Dispose();
        _stop.Dispose();
    }

    private Encoded? Encode(Peer? peer)
    {
        if (peer is null)
        {
            return null;
        }

        ref var slot = ref _slots[RuntimeHelpers.GetHashCode(peer) & (Slots - 1)];
        if (!ReferenceEquals(slot.Peer, peer))
        {
            slot = (peer, new Encoded(peer));
        }

        return slot.Encoded;
    }

    private sealed class Encoded
    {
        public Encoded(Peer peer)
        {
            Span<byte> buffer = stackalloc byte[MaxPeerBytes];
            var writer = new WireWriter(buffer);
            if (peer.Kind == PeerKind.Pod)
            {
                Add(ref writer, Event.PeerPodNameFieldNumber, peer.Name);
                NameHash = EventColumns.Hash(peer.Name);
                NamespaceHash = EventColumns.Hash(peer.Namespace ?? "");
            }

            Add(ref writer, Event.PeerNamespaceFieldNumber, peer.Namespace);
            Add(ref writer, Event.PeerWorkloadKindFieldNumber, peer.Workload?.Kind);
            Add(ref writer, Event.PeerWorkloadNameFieldNumber, peer.Workload?.Name);
            Add(ref writer, Event.PeerServiceNameFieldNumber, peer.Kind == PeerKind.Service ? peer.Name : null);
            Add(ref writer, Event.PeerNodeNameFieldNumber, peer.NodeName);
            Fields = writer.Written.ToArray();
        }

        public byte[] Fields { get; }

        public uint? NameHash { get; }

        public uint? NamespaceHash { get; }

        // Names of Kubernetes have at most 253 bytes; what is longer is not a name.
        private static void Add(ref WireWriter writer, int field, string? text)
        {
            if (text is { Length: > 0 } && Encoding.UTF8.GetByteCount(text) <= ContractLimits.MaxNodeNameBytes)
            {
                writer.Bytes(field, Encoding.UTF8.GetBytes(text));
            }
        }
    }
}
