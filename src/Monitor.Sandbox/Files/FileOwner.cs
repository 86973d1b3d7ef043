using Microsoft.Win32.SafeHandles;
using Monitor.Sandbox.Interop;

namespace Monitor.Sandbox.Files;

/// <summary>Whose a file or folder is, and who may write to it.</summary>
/// <param name="UserId">Its owner.</param>
/// <param name="Mode">Type and permissions, as stat(2) has them.</param>
public readonly record struct FileOwner(uint UserId, uint Mode)
{
    // Offsets in struct statx (linux/stat.h), and what fills them.
    private const int UserIdOffset = 20, ModeOffset = 28;
    private const uint TypeModeAndUser = 0x1 | 0x2 | 0x8;

    private const uint TypeMask = 0xf000, RegularFile = 0x8000, Sticky = 0x200, WritableByOthers = 0x12;

    /// <summary>Whether nobody but root can change it: it is root's, and neither its group nor others may write to it.</summary>
    public bool IsRootOnly => UserId == 0 && (Mode & WritableByOthers) == 0;

    /// <summary>Whether it is root's, whoever else its permissions let write to it.</summary>
    public bool IsOfRoot => UserId == 0;

    /// <summary>Whether it is root's, or this process's user's.</summary>
    public bool IsOfRootOrOwn => UserId == 0 || UserId == Libc.geteuid();

    /// <summary>Whether it is a folder in which others can remove only what is theirs.</summary>
    public bool IsSticky => UserId == 0 && (Mode & Sticky) != 0;

    /// <summary>Whether it is a file that has content, and no pipe, device or folder.</summary>
    public bool IsRegularFile => (Mode & TypeMask) == RegularFile;

    /// <summary>Of an open file.</summary>
    /// <returns>Null where the kernel does not tell.</returns>
    public static unsafe FileOwner? Of(SafeFileHandle file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            return Of((int)file.DangerousGetHandle(), "", Libc.AT_EMPTY_PATH);
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Of what a path leads to.</summary>
    /// <returns>Null where there is nothing, or it may not be looked at.</returns>
    public static FileOwner? Of(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Of(Libc.AT_FDCWD, path, 0);
    }

    private static unsafe FileOwner? Of(int directory, string path, int flags)
    {
        var buffer = stackalloc byte[256];
        return Libc.statx(directory, path, flags, TypeModeAndUser, buffer) == 0
            ? new FileOwner(*(uint*)(buffer + UserIdOffset), *(ushort*)(buffer + ModeOffset))
            : null;
    }
}
