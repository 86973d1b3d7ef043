namespace Monitor.Bpf.Kernel;

/// <summary>Folders that something is mounted at, as this process sees them.</summary>
public static class MountPoint
{
    /// <summary>Whether a mount begins at a folder, through which nobody can write.</summary>
    /// <param name="folder">An absolute path without links.</param>
    /// <returns>False also where the folder is inside a read-only mount that begins further up.</returns>
    /// <exception cref="IOException">/proc cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">/proc must not be read.</exception>
    public static bool IsReadOnly(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return IsReadOnly(File.ReadLines("/proc/self/mountinfo"), folder);
    }

    // Of several at one place the last is seen.
    internal static bool IsReadOnly(IEnumerable<string> mountInfo, string folder) =>
        MountInfo.Parse(mountInfo).LastOrDefault(mount => mount.MountPoint == folder).IsReadOnly;
}
