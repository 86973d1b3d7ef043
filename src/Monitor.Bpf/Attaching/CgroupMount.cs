using Monitor.Bpf.Kernel;

namespace Monitor.Bpf.Attaching;

/// <summary>A cgroup of the version 2 hierarchy, to attach programs to.</summary>
/// <param name="Path">Its directory.</param>
public sealed record CgroupMount(string Path)
{
    // cgroup_setup_root() makes the root's node first, and kernfs counts inodes from 1.
    private const ulong RootInode = 1;

    /// <summary>
    /// Whether it is the root of the hierarchy, below which is every process of the machine. False for a cgroup further
    /// down, such as the one that a container with a cgroup namespace of its own sees as its root.
    /// </summary>
    public bool IsHierarchyRoot => Inode.Of(Path) is null or RootInode;

    /// <summary>
    /// The root of the version 2 hierarchy, or what comes nearest to it of what this process sees: /sys/fs/cgroup on most
    /// systems, /sys/fs/cgroup/unified where both versions are mounted (hybrid), or wherever a container got it.
    /// </summary>
    /// <returns>Null where it is not mounted.</returns>
    public static CgroupMount? Find() => Find(File.ReadLines("/proc/self/mountinfo"));

    internal static CgroupMount? Find(IEnumerable<string> mountInfo)
    {
        CgroupMount? best = null;
        var bestRank = int.MinValue;
        foreach (var mount in MountInfo.Parse(mountInfo))
        {
            if (mount.FileSystem == "cgroup2" && Rank(mount.Root) is var rank && rank > bestRank)
            {
                best = new CgroupMount(mount.MountPoint);
                bestRank = rank;
            }
        }

        return best;
    }

    // The root of a mount is shown from the cgroup namespace of this process (cgroup_namespaces(7)): "/" is the namespace's
    // own cgroup, "/../.." is two levels above it, as where a container has the host's mount. Any other is a bind mount of a
    // branch, which sees only the processes below it.
    private static int Rank(string root)
    {
        var parts = root.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.All(part => part == "..") ? parts.Length : -1;
    }
}
