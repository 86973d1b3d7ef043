using Monitor.Kubernetes.Pods;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Cluster;

/// <summary>Whose the addresses of a cluster are and were. Lookups on any thread.</summary>
public sealed class ClusterView
{
    private const long NanosPerMilli = 1_000_000;

    private readonly ClusterViewOptions _options;
    private readonly TimeProvider _time;
    private readonly AddressBook _book;

    // What is only said to be somebody's, by whoever makes a service: it counts where nothing else is known, and takes no room.
    private readonly AddressBook _claims;
    private readonly Lock _gate = new();
    private readonly AddressOwners<Pod> _pods;
    private readonly AddressOwners<Service> _services;
    private readonly IWatchSink<Service> _allOfServices;
    private readonly AddressOwners<Node> _nodes;

    /// <summary>Knows nothing before it is watched.</summary>
    public ClusterView(ClusterViewOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _book = new AddressBook(options.MaxAddresses);
        _claims = new AddressBook(options.MaxAddresses / 10);
        _pods = new AddressOwners<Pod>(
            _book,
            _gate,
            time,
            options.Retention,
            static pod => new AddressOwner(
                pod.Uid,
                pod.IsHostNetwork ? [] : pod.Addresses,
                pod.Started,
                pod.IsOver ? pod.Ended ?? pod.Started : null,
                pod.Ended),
            static pod => new Peer(PeerKind.Pod, pod.Namespace, pod.Name, pod.Workload, pod.NodeName));
        _services = new AddressOwners<Service>(
            _book,
            _gate,
            time,
            options.Retention,
            static service => new AddressOwner(service.Uid, service.Addresses, service.Created),
            static service => new Peer(PeerKind.Service, service.Namespace, service.Name));
        _allOfServices = new BothSinks<Service>(
            _services,
            new AddressOwners<Service>(
                _claims,
                _gate,
                time,
                options.Retention,
                static service => new AddressOwner(service.Uid, service.ExternalAddresses, service.Created),
                static service => new Peer(PeerKind.Service, service.Namespace, service.Name) { IsClaimed = true }));
        _nodes = new AddressOwners<Node>(
            _book,
            _gate,
            time,
            options.Retention,
            static node => new AddressOwner(node.Uid, node.Addresses, node.Created),
            static node => new Peer(PeerKind.Node, null, node.Name, nodeName: node.Name));
    }

    /// <summary>Whose an address was at a moment. Takes no lock and allocates nothing.</summary>
    /// <param name="address">16 bytes, IPv4 mapped.</param>
    /// <param name="timeUnixNanos">Wall-clock time, ns since 1970.</param>
    /// <returns>Null where nobody's that is known.</returns>
    public Peer? Find(ReadOnlySpan<byte> address, long timeUnixNanos) => Find(IpKey.Of(address), timeUnixNanos);

    /// <summary>As <see cref="Find(ReadOnlySpan{byte}, long)"/>.</summary>
    /// <param name="address">The 16 bytes as a number, big-endian.</param>
    /// <param name="timeUnixNanos">Wall-clock time, ns since 1970.</param>
    public Peer? Find(UInt128 address, long timeUnixNanos) =>
        _book.Find(address, timeUnixNanos / NanosPerMilli) ?? _claims.Find(address, timeUnixNanos / NanosPerMilli);

    /// <summary>What is known. Any thread.</summary>
    public ClusterViewStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                return new ClusterViewStatistics(_pods.Count, _services.Count, _nodes.Count, _book.Count + _claims.Count, _book.Refused + _claims.Refused);
            }
        }
    }

    internal IWatchSink<Pod> Pods => _pods;

    internal IWatchSink<Service> Services => _allOfServices;

    internal IWatchSink<Node> Nodes => _nodes;

    /// <summary>Forgets what ended too long ago.</summary>
    internal void Forget()
    {
        lock (_gate)
        {
            var before = _time.GetUtcNow().ToUnixTimeMilliseconds() - (long)_options.Retention.TotalMilliseconds;
            _book.Forget(before);
            _claims.Forget(before);
        }
    }
}
