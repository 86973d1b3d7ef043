namespace Monitor.Kubernetes.Pods;

/// <summary>How an event was attributed to a pod, or why not.</summary>
public enum AttributionKind
{
    /// <summary>By the cgroup of its process: exact.</summary>
    Cgroup,

    /// <summary>By its process id, where pods are in cgroup v1 only: right unless the id was used again within a second or
    /// so.</summary>
    Process,

    /// <summary>Its process is in no pod.</summary>
    Outside,

    /// <summary>Not attributed: the cgroup or the process is not known, or not yet.</summary>
    UnknownCgroup,

    /// <summary>Not attributed: the cgroup is that of a pod, but the API server has not told of the pod (yet).</summary>
    UnknownPod,
}
