namespace Monitor.Kubernetes.Cgroups;

/// <summary>A pod that a cgroup path names.</summary>
/// <param name="Base">What comes before the kubelet's own folders, without a slash at its end; "" on most nodes, "/kubelet"
/// in a node that is a container itself.</param>
/// <param name="PodUid">The pod. Of a static pod, the hash of its configuration.</param>
/// <param name="Container">The container; none for the pod's own cgroup and for helpers of the runtime.</param>
internal readonly record struct PodCgroup(string Base, Guid PodUid, ContainerId Container);
