using Monitor.Agent.Monitors;
using Monitor.Bpf;
using Monitor.Bpf.Attaching;

namespace Monitor.Agent.Loading;

/// <summary>Attaches loaded programs while the agent runs, with nothing but their descriptors.</summary>
internal static class LaterAttaching
{
    private const string RawTracepoint = "raw tracepoint";

    // What libbpf derives from the name of a section, for hooks that say nothing else.
    private static readonly Dictionary<string, BpfAttachType> CgroupTypes = new(StringComparer.Ordinal)
    {
        ["cgroup/connect4"] = BpfAttachType.CgroupInet4Connect,
        ["cgroup/connect6"] = BpfAttachType.CgroupInet6Connect,
        ["cgroup/sock_release"] = BpfAttachType.CgroupInetSockRelease,
        ["cgroup_skb/ingress"] = BpfAttachType.CgroupInetIngress,
        ["cgroup_skb/egress"] = BpfAttachType.CgroupInetEgress,
    };

    private static readonly string[] Trampolines = ["fentry", "fexit"];
    private static readonly string[] Tracing = ["BTF tracepoint", .. Trampolines];

    /// <summary>Whether a hook is wanted, and can be attached later. Iterators need not: they cost nothing while nobody runs
    /// them.</summary>
    public static bool Can(HookState hook) => hook is { Program: not null, Error: null } && hook.Definition.Attach switch
    {
        HookAttach.Cgroup => TypeOf(hook.Definition) is not null,
        HookAttach.Section => hook.Type == RawTracepoint || Tracing.Contains(hook.Type),
        _ => false,
    };

    /// <summary>Attaches it.</summary>
    /// <param name="hook">One that <see cref="Can"/> be, and whose program is loaded.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    /// <exception cref="MonitorLoadException">There is no cgroup2 mount any more.</exception>
    public static BpfLink Attach(HookState hook)
    {
        var program = hook.Program!;
        return hook.Definition.Attach != HookAttach.Cgroup
            ? program.AttachTracing(hook.Type == RawTracepoint ? hook.Definition.Name.Split('/')[^1] : null)
            : CgroupMount.Find() is { } cgroup
            ? program.AttachCgroup(cgroup, TypeOf(hook.Definition)!.Value)
            : throw new MonitorLoadException("there is no cgroup2 mount");
    }

    /// <summary>
    /// Whether the kernel attaches it again once it was detached. Programs of fentry and fexit can be attached only once before
    /// 5.13 (f3a95075549e). What a kernel refuses says which kind it is: a program that is attached already with EBUSY where it
    /// could be attached again, with ENOENT where not, and with EPERM where it does not tell.
    /// </summary>
    /// <param name="hook">One that <see cref="Can"/> be, and is attached.</param>
    public static bool CanAgain(HookState hook)
    {
        if (!Trampolines.Contains(hook.Type))
        {
            return true;
        }

        try
        {
            Attach(hook).Dispose();
            return true;
        }
        catch (BpfException refusal)
        {
            return refusal.ErrnoName == "EBUSY";
        }
    }

    private static BpfAttachType? TypeOf(HookDefinition hook) =>
        hook.AttachType ?? (CgroupTypes.TryGetValue(hook.Name, out var type) ? type : null);
}
