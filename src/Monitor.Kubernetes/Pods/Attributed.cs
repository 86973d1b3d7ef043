using Monitor.Kubernetes.Cgroups;

namespace Monitor.Kubernetes.Pods;

/// <summary>A cgroup or a process, and whose it is.</summary>
internal sealed class Attributed(ulong id, string path)
{
    /// <summary>Inode number of the cgroup, or the pid.</summary>
    public ulong Id { get; } = id;

    /// <summary>Path of the cgroup.</summary>
    public string Path { get; } = path;

    /// <summary>The pods that the path names.</summary>
    public PodCgroup[] Pods { get; } = CgroupPath.Parse(path);

    /// <summary>Of a process, when it started.</summary>
    public ulong StartTime { get; init; }

    /// <summary>What is answered for it.</summary>
    public PodIdentity Identity { get; set; } = PodIdentity.UnknownPod;

    /// <summary>The container's name as the process has it; null where that is not known.</summary>
    public string? ContainerHint { get; set; }

    /// <summary>Looks at it after it was found.</summary>
    public int Looks { get; set; }

    /// <summary>When it was gone, ms since 1970.</summary>
    public long? GoneSince { get; set; }

    /// <summary>Of a process, when the reader thread asked for it last, in sweeps.</summary>
    public int LastUsed { get; set; }
}
