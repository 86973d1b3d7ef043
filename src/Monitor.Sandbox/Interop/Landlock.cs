using System.Runtime.InteropServices;

namespace Monitor.Sandbox.Interop;

/// <summary>
/// Landlock (landlock(7)), for which the C library has no functions. The numbers are those of all architectures. All return
/// -1 and set errno on failure.
/// </summary>
internal static unsafe class Landlock
{
    internal const ulong AccessBindTcp = 1, AccessConnectTcp = 2;
    internal const ulong ScopeAbstractUnixSocket = 1, ScopeSignal = 2;

    private const nint CreateRulesetNumber = 444, AddRuleNumber = 445, RestrictSelfNumber = 446;
    private const nint CreateRulesetVersion = 1, RulePathBeneath = 1, RuleNetPort = 2;

    // The version of the interface. ENOSYS (before 5.13, or not built), EOPNOTSUPP (not among lsm= of the boot).
    internal static int Version() => (int)Libc.syscall(CreateRulesetNumber, 0, 0, CreateRulesetVersion, 0);

    // A descriptor, closed on execve. EINVAL (rights that this kernel does not know), E2BIG, ENOMSG (no rights).
    internal static int CreateRuleset(RulesetAttributes* attributes) =>
        (int)Libc.syscall(CreateRulesetNumber, (nint)attributes, sizeof(RulesetAttributes), 0, 0);

    // EINVAL (rights that the set does not handle, or that a file cannot have), EBADFD, ENOMEM.
    internal static int AddPath(int ruleset, PathAttributes* attributes) =>
        (int)Libc.syscall(AddRuleNumber, ruleset, RulePathBeneath, (nint)attributes, 0);

    // EINVAL, EAFNOSUPPORT (a kernel without TCP).
    internal static int AddPort(int ruleset, PortAttributes* attributes) =>
        (int)Libc.syscall(AddRuleNumber, ruleset, RuleNetPort, (nint)attributes, 0);

    // The calling thread. EPERM (no no_new_privs), E2BIG (16 sets on top of each other).
    internal static int RestrictSelf(int ruleset) => (int)Libc.syscall(RestrictSelfNumber, ruleset, 0, 0, 0);

    /// <summary>struct landlock_ruleset_attr. What a kernel does not know yet must be 0.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct RulesetAttributes
    {
        internal ulong HandledFiles;
        internal ulong HandledPorts;
        internal ulong Scoped;
    }

    /// <summary>struct landlock_path_beneath_attr.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    internal struct PathAttributes
    {
        internal ulong Allowed;
        internal int Parent;
    }

    /// <summary>struct landlock_net_port_attr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PortAttributes
    {
        internal ulong Allowed;
        internal ulong Port;
    }
}
