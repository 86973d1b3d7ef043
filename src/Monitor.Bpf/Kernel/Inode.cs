using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Kernel;

/// <summary>Inode numbers: the kernel's names for namespaces and cgroups.</summary>
public static class Inode
{
    // Offset of stx_ino in struct statx (linux/stat.h).
    private const int InodeOffset = 32;

    /// <summary>The inode number of what a path leads to.</summary>
    /// <returns>Null where there is nothing, or it may not be looked at.</returns>
    public static unsafe ulong? Of(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var buffer = stackalloc byte[256];
        return Libc.statx(Libc.AT_FDCWD, path, 0, Libc.STATX_INO, buffer) == 0
            ? *(ulong*)(buffer + InodeOffset)
            : null;
    }
}
