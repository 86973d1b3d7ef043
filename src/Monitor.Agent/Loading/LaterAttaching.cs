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

    private static readonly string[] Tracing = ["BTF tracepoint", "fentry", "fexit"];

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

    private static BpfAttachType? TypeOf(HookDefinition hook) =>
        hook.AttachType ?? (CgroupTypes.TryGetValue(hook.Name, out var type) ? type : null);
}
