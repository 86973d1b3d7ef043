namespace Monitor.Kubernetes.Cluster;

/// <summary>What is kept of a service.</summary>
/// <param name="Uid">Names it.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Created">When it was made, ms since 1970.</param>
/// <param name="Addresses">Those that the cluster and its load balancers gave it.</param>
/// <param name="ExternalAddresses">Those that its maker says are its, without the ones above: whoever may make a service can name
/// any.</param>
internal sealed record Service(
    Guid Uid, string Namespace, string Name, long Created, UInt128[] Addresses, UInt128[] ExternalAddresses);
