namespace Monitor.Sandbox.Files;

/// <summary>What may be done with a file, or with all below a folder: LANDLOCK_ACCESS_FS_* of linux/landlock.h.</summary>
[Flags]
internal enum FileRights : ulong
{
    Execute = 1 << 0,
    Write = 1 << 1,
    Read = 1 << 2,

    /// <summary>To list a folder.</summary>
    List = 1 << 3,
    RemoveFile = 1 << 5,
    MakeFile = 1 << 8,

    /// <summary>Those that a file can have; the others are of folders. The last two are of later versions.</summary>
    OfFiles = Execute | Write | Read | Truncate | ControlDevice,
    Truncate = 1 << 14,
    ControlDevice = 1 << 15,
}
