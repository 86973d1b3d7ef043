namespace Monitor.Bpf.Attaching;

/// <summary>A cgroup of the version 2 hierarchy, to attach programs to.</summary>
/// <param name="Path">Its directory.</param>
public sealed record CgroupMount(string Path)
{
    /// <summary>
    /// The root of the version 2 hierarchy as this process sees it: /sys/fs/cgroup on most systems,
    /// /sys/fs/cgroup/unified where both versions are mounted (hybrid), or wherever a container got it.
    /// </summary>
    /// <returns>Null where it is not mounted.</returns>
    public static CgroupMount? Find() => Find(File.ReadLines("/proc/self/mountinfo"));

    internal static CgroupMount? Find(IEnumerable<string> mountInfo)
    {
        CgroupMount? below = null;
        foreach (var mount in MountInfo.Parse(mountInfo))
        {
            if (mount.FileSystem != "cgroup2")
            {
                continue;
            }

            // A bind mount of a cgroup further down sees only the processes below it.
            if (mount.Root == "/")
            {
                return new CgroupMount(mount.MountPoint);
            }

            below ??= new CgroupMount(mount.MountPoint);
        }

        return below;
    }
}
