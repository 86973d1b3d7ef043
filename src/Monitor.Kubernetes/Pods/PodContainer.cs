using Monitor.Kubernetes.Cgroups;

namespace Monitor.Kubernetes.Pods;

/// <summary>One run of a container of a pod.</summary>
/// <param name="Name">The container's name.</param>
/// <param name="Id">The run's id; none where it has not been told yet.</param>
internal readonly record struct PodContainer(string Name, ContainerId Id);
