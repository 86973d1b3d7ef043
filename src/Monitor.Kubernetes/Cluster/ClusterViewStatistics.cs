namespace Monitor.Kubernetes.Cluster;

/// <summary>What a cluster view knows, for health and metrics.</summary>
/// <param name="Pods">Pods with addresses of their own.</param>
/// <param name="Services">Services with addresses.</param>
/// <param name="Nodes">Nodes.</param>
/// <param name="Addresses">Addresses, those that were somebody's lately included.</param>
/// <param name="Refused">Times that an address was not taken, for lack of room.</param>
public sealed record ClusterViewStatistics(int Pods, int Services, int Nodes, int Addresses, long Refused);
