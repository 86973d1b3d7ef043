namespace Monitor.Kubernetes.Cgroups;

/// <summary>A cgroup as it was found in the tree.</summary>
/// <param name="Id">Its inode number, which is its id (67c0496e87d1, Linux 5.5).</param>
/// <param name="Path">Its path below the mount.</param>
internal readonly record struct Cgroup(ulong Id, string Path);
