using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Bpf.Schema;

namespace Monitor.Agent.Custom;

/// <summary>Where the programs of a user's object attach: as their sections say, which libbpf reads as well.</summary>
internal static class CustomHooks
{
    // How sections begin, and how their programs are attached. What is not here, libbpf attaches by the section alone.
    private static readonly (string Prefix, HookAttach Attach)[] Kinds =
    [
        ("cgroup", HookAttach.Cgroup), ("sockops", HookAttach.Cgroup), ("iter", HookAttach.Iterator),
        ("xdp", HookAttach.Xdp), ("tc", HookAttach.Traffic), ("tcx", HookAttach.Traffic), ("classifier", HookAttach.Traffic),
        ("action", HookAttach.Traffic), ("perf_event", HookAttach.Clock),
    ];

    // They have no place of their own to attach to, or stay there when the agent has ended.
    private static readonly string[] Refused =
        ["freplace", "struct_ops", "socket", "sk_", "lwt_", "flow_dissector", "lirc_mode2", "netfilter", "syscall", "sockmap"];

    /// <summary>The hooks of an object.</summary>
    /// <param name="custom">The object.</param>
    /// <param name="targets">Network interfaces by names of programs.</param>
    /// <exception cref="MonitorLoadException">One of its programs cannot be attached.</exception>
    public static IReadOnlyList<HookDefinition> Of(CustomObject custom, IReadOnlyDictionary<string, string> targets)
    {
        var hooks = custom.Inspection.Programs.Select(program => Of(program, custom.Name, targets)).ToList();
        return hooks.Count > 0 ? hooks : throw new MonitorLoadException("it has no program: write a function with SEC(\"…\")");
    }

    private static HookDefinition Of(ProgramInspection inspected, string monitor, IReadOnlyDictionary<string, string> targets)
    {
        var (program, section) = (inspected.Name, inspected.Section);
        if (Refused.Any(prefix => section.StartsWith(prefix, StringComparison.Ordinal)))
        {
            throw new MonitorLoadException($"{program}: the agent does not attach programs of SEC(\"{section}\")");
        }

        var attach = Kinds.FirstOrDefault(kind => IsOf(section, kind.Prefix), (Prefix: "", Attach: HookAttach.Section)).Attach;
        var target = targets.GetValueOrDefault(program) ?? "";
        if (attach is HookAttach.Xdp or HookAttach.Traffic && target.Length == 0)
        {
            throw new MonitorLoadException(
                $"{program}: SEC(\"{section}\") attaches to a network interface: name it with "
                + $"{AgentSettings.MonitorsAttach.OptionName} {monitor}.{program}=INTERFACE");
        }

        return new HookDefinition(
            program, target.Length == 0 ? section : $"{section} on {target}", inspected.IsOptional ? HookRole.Optional : HookRole.Required, attach)
        {
            Target = target,
            Without = inspected.IsOptional ? "its events are missing" : "",
        };
    }

    /// <summary>Whether a section is of a kind: "cgroup_skb/egress" and "cgroup/connect4" are of "cgroup"; "tcp_probe" is none of "tc".</summary>
    public static bool IsOf(string section, string prefix) =>
        section.StartsWith(prefix, StringComparison.Ordinal)
        && (section.Length == prefix.Length || section[prefix.Length] is '/' or '.' or '_');
}
