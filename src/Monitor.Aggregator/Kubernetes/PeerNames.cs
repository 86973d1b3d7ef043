using System.Runtime.CompilerServices;
using System.Text;
using Monitor.Aggregator.Links;
using Monitor.Events;
using Monitor.Kubernetes.Cluster;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Aggregator.Kubernetes;

/// <summary>The pods, services and nodes of the cluster as fields of events: whose the other address was at the time of the
/// event.</summary>
/// <param name="view">Whose an address is.</param>
internal sealed class PeerNames(ClusterView view) : PeerLookup
{
    private const int MaxPeerBytes = 2048;

    // Encoded once for each peer, and gone with it.
    private readonly ConditionalWeakTable<Peer, Encoded> _encoded = [];

    public override ReadOnlySpan<byte> Find(in EventColumns columns)
    {
        if (columns.Destination is not { } destination)
        {
            return [];
        }

        var time = columns.TimeUnixNanos;
        var found = Encode(view.Find(destination, time));
        if (found is not null && columns.IsOfPod(found.NameHash, found.NamespaceHash) && columns.Source is { } source)
        {
            // The event is the receiver's, so the sender is the other side.
            found = Encode(view.Find(source, time));
        }

        return found is null ? [] : found.Fields;
    }

    private Encoded? Encode(Peer? peer) =>
        peer is null ? null : _encoded.GetValue(peer, static peer => new Encoded(peer));

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
