using System.Globalization;

namespace Monitor.Sandbox.Rights;

/// <summary>A set of capabilities (capabilities(7)).</summary>
/// <param name="Bits">One bit for each, by its number.</param>
public readonly record struct CapabilitySet(ulong Bits)
{
    // In the order of their numbers in linux/capability.h.
    private static readonly string[] KnownNames =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
        "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
        "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
        "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
        "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
        "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>Their names, CAP_BPF and the like, by number.</summary>
    public IReadOnlyList<string> Names =>
        [.. Numbers.Select(number => number < KnownNames.Length
            ? KnownNames[number]
            : string.Create(CultureInfo.InvariantCulture, $"capability {number}"))];

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => Bits == 0;

    internal IEnumerable<int> Numbers
    {
        get
        {
            for (var bits = Bits; bits != 0; bits &= bits - 1)
            {
                yield return System.Numerics.BitOperations.TrailingZeroCount(bits);
            }
        }
    }

    /// <summary>A set of these.</summary>
    public static CapabilitySet Of(params ReadOnlySpan<Capability> capabilities)
    {
        var bits = 0ul;
        foreach (var capability in capabilities)
        {
            bits |= 1ul << (int)capability;
        }

        return new CapabilitySet(bits);
    }

    /// <summary>Whether it has one.</summary>
    public bool Contains(Capability capability) => (Bits >> (int)capability & 1) != 0;

    /// <summary>Those of both.</summary>
    public CapabilitySet And(CapabilitySet other) => new(Bits & other.Bits);

    /// <summary>Those of either.</summary>
    public CapabilitySet Or(CapabilitySet other) => new(Bits | other.Bits);

    /// <summary>Those that another does not have.</summary>
    public CapabilitySet Without(CapabilitySet other) => new(Bits & ~other.Bits);
}
