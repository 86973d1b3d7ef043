namespace Monitor.Kubernetes.Cluster;

/// <summary>What is kept of a service.</summary>
internal sealed record Service(Guid Uid, string Namespace, string Name, long Created, UInt128[] Addresses);
