using Monitor.Kubernetes.Pods;

namespace Monitor.Kubernetes.Cluster;

/// <summary>Whose an address is. Immutable; one instance for each object.</summary>
public sealed class Peer
{
    internal Peer(PeerKind kind, string? objectNamespace, string name, Workload? workload = null, string? nodeName = null)
    {
        Kind = kind;
        Namespace = objectNamespace;
        Name = name;
        Workload = workload;
        NodeName = nodeName;
    }

    /// <summary>What it is.</summary>
    public PeerKind Kind { get; }

    /// <summary>Its namespace; null of a node.</summary>
    public string? Namespace { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Of a pod, what made it; null where nothing did.</summary>
    public Workload? Workload { get; }

    /// <summary>Of a pod, the node that it is on; of a node, itself; null of a service.</summary>
    public string? NodeName { get; }

    /// <summary>Whether it is only said to be the address's owner, by whoever made it; see <see cref="Service.ExternalAddresses"/>.</summary>
    internal bool IsClaimed { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
