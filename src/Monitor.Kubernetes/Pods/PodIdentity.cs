namespace Monitor.Kubernetes.Pods;

/// <summary>
/// Whose an event is. Immutable; the same instance stands for the same container until something is learnt about it, so
/// that it can be a key by reference of what is made from it.
/// </summary>
public sealed class PodIdentity
{
    private PodIdentity(AttributionKind attribution)
    {
        Attribution = attribution;
    }

    internal PodIdentity(AttributionKind attribution, Pod pod, string? containerName)
        : this(attribution)
    {
        Namespace = pod.Namespace;
        PodName = pod.Name;
        ContainerName = containerName;
        Workload = pod.Workload;
    }

    internal static PodIdentity Outside { get; } = new(AttributionKind.Outside);

    internal static PodIdentity UnknownCgroup { get; } = new(AttributionKind.UnknownCgroup);

    internal static PodIdentity UnknownPod { get; } = new(AttributionKind.UnknownPod);

    /// <summary>How it was found.</summary>
    public AttributionKind Attribution { get; }

    /// <summary>Namespace of the pod; null where there is no pod.</summary>
    public string? Namespace { get; }

    /// <summary>Name of the pod; null where there is no pod.</summary>
    public string? PodName { get; }

    /// <summary>Name of the container; null where it is not known, and for helpers of the runtime in the pod's own
    /// cgroup.</summary>
    public string? ContainerName { get; }

    /// <summary>What made the pod; null where nothing did, or there is no pod.</summary>
    public Workload? Workload { get; }

    internal bool IsSameAs(AttributionKind attribution, Pod pod, string? containerName) =>
        Attribution == attribution && PodName == pod.Name && Namespace == pod.Namespace && ContainerName == containerName
        && Workload == pod.Workload;
}
