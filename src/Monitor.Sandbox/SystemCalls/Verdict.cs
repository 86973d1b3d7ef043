namespace Monitor.Sandbox.SystemCalls;

/// <summary>What a filter returns: SECCOMP_RET_* of linux/seccomp.h, with the error number.</summary>
internal enum Verdict : uint
{
    Kill = 0x80000000,
    Allow = 0x7fff0000,

    /// <summary>It fails with EPERM.</summary>
    Refuse = 0x00050000 | 1,

    /// <summary>It fails with ENOSYS, as on a kernel that does not have it: callers fall back to something older.</summary>
    Missing = 0x00050000 | 38,

    /// <summary>It fails with EAFNOSUPPORT.</summary>
    NoSuchFamily = 0x00050000 | 97,
}
