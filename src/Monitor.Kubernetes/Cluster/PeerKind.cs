namespace Monitor.Kubernetes.Cluster;

/// <summary>What an address belongs to.</summary>
public enum PeerKind
{
    /// <summary>A pod with an address of its own.</summary>
    Pod,

    /// <summary>A service: its cluster address, an external one, or that of its load balancer.</summary>
    Service,

    /// <summary>A node, and with it every pod on the node's network.</summary>
    Node,
}
