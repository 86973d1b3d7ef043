using Monitor.Kubernetes.Cgroups;

namespace Monitor.Kubernetes.Pods;

/// <summary>What is kept of a pod. Immutable; about half a kilobyte.</summary>
internal sealed class Pod
{
    /// <summary>Names the object.</summary>
    public required Guid Uid { get; init; }

    /// <summary>Names the pod in its cgroup: the uid, or of a static pod the hash of its configuration.</summary>
    public required Guid CgroupUid { get; init; }

    /// <summary>Its namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The node that it was bound to; null before.</summary>
    public string? NodeName { get; init; }

    /// <summary>What made it; null where nothing did.</summary>
    public Workload? Workload { get; init; }

    /// <summary>Whether its addresses are the node's.</summary>
    public bool IsHostNetwork { get; init; }

    /// <summary>Whether all its containers ended for good, and its address went back.</summary>
    public bool IsOver { get; init; }

    /// <summary>When the kubelet took it, else when it was created; ms since 1970.</summary>
    public long Started { get; init; }

    /// <summary>When its last container ended, ms since 1970; null while one runs or waits, and where nobody knows.</summary>
    public long? Ended { get; init; }

    /// <summary>Its addresses, as in <see cref="Cluster.IpKey"/>.</summary>
    public UInt128[] Addresses { get; init; } = [];

    /// <summary>Its containers, of every kind, and runs of before that are still known; once it is over, those that
    /// ran.</summary>
    public PodContainer[] Containers { get; init; } = [];

    /// <summary>The name of a container.</summary>
    /// <param name="id">The run that is asked for.</param>
    /// <param name="hint">What its process said that the name is; null where it did not.</param>
    /// <returns>Null where it is not known.</returns>
    public string? ContainerName(ContainerId id, string? hint)
    {
        if (id.IsNone)
        {
            return null;
        }

        string? only = null;
        var isOnly = true;
        var isHint = false;
        foreach (var container in Containers)
        {
            if (container.Id == id)
            {
                return container.Name;
            }

            isOnly &= only is null || only == container.Name;
            only = container.Name;
            isHint |= container.Name == hint;
        }

        // The status comes late. A pause container makes no connections; where there is one container, it is it.
        return isHint ? hint : isOnly ? only : null;
    }
}
