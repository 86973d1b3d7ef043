namespace Monitor.Kubernetes.Cluster;

/// <summary>What is kept of a node.</summary>
internal sealed record Node(Guid Uid, string Name, long Created, UInt128[] Addresses);
