using System.Net;
using Monitor.Agent.Custom;
using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Server;
using Monitor.Server.Settings;

namespace Monitor.Agent;

/// <summary>The settings of the agent: its own, and <see cref="Shared"/>.</summary>
internal static class AgentSettings
{
    /// <summary>How many pids or ports the programs' maps hold (bpf/include/monitor.h).</summary>
    public const int MaxExclusions = 1024;

    public static readonly Setting<IReadOnlyList<string>> Programs = new(
        "programs",
        ValueFormats.ListOf(ValueFormats.OneOf(MonitorNames)),
        "Which programs to load. dns, which looks at every packet for questions to name servers, is loaded only where it is named.",
        string.Join(',', MonitorDefinition.All.Where(monitor => monitor.OnByDefault).Select(monitor => monitor.Name)));

    public static readonly Setting<IReadOnlyList<string>> OnDemand = new(
        "on-demand",
        ValueFormats.ListOf(ValueFormats.OneOf(MonitorNames)),
        "Which of these programs are attached only while somebody streams events of their type, here or at an aggregator, and for "
        + "30 seconds after that.");

    public static readonly Setting<IReadOnlyList<long>> DnsPorts = new(
        "dns-ports",
        ValueFormats.ListOf(ValueFormats.WholeNumber(1, ushort.MaxValue)),
        $"Ports of name servers, for the program dns. At most {DnsMonitor.MaxPorts}.",
        "53");

    public static readonly Setting<uint> NetworkNamespace = new(
        "network-namespace",
        AgentFormats.NetworkNamespace,
        "Watch only this network namespace: its inode number, a name of `ip netns`, or a path such as /proc/PID/ns/net.");

    public static readonly Setting<CgroupReference> Cgroup = new(
        "cgroup",
        AgentFormats.Cgroup,
        "Watch only processes of this cgroup (v2) and below: its folder, absolute or below the cgroup2 mount.");

    public static readonly Setting<IReadOnlyList<long>> ExcludePid = new(
        "exclude-pid",
        ValueFormats.ListOf(ValueFormats.WholeNumber(1, uint.MaxValue)),
        $"Leave out events of these processes, by their ids on the host. At most {MaxExclusions}.");

    public static readonly Setting<bool> IncludeSelf = new(
        "include-self", ValueFormats.Flag, "Report the agent's own events too.", "false");

    public static readonly Setting<IReadOnlyList<long>> ExcludePort = new(
        "exclude-port",
        ValueFormats.ListOf(ValueFormats.WholeNumber(0, ushort.MaxValue)),
        $"Leave out events with these destination ports. At most {MaxExclusions}.");

    public static readonly Setting<bool> HideCommands = new(
        "hide-commands", ValueFormats.Flag, "Leave the names of commands out of events.", "false");

    public static readonly Setting<IReadOnlyList<IPNetwork>> MaskAddresses = new(
        "mask-addresses",
        ValueFormats.ListOf(AgentFormats.Network),
        "Report addresses of these networks as the network's first address, such as 203.0.113.0 for all of 203.0.113.0/24.");

    public static readonly Setting<long> RateLimit = new(
        "rate-limit",
        ValueFormats.WholeNumber(0, 1_000_000_000),
        "Most events per second of each program; more are counted and reported as a loss. 0 is no limit.",
        "0");

    public static readonly Setting<double> OverheadBudget = new(
        "overhead-budget",
        AgentFormats.Percent,
        "Most of this machine's CPU time, of all CPUs together, that the agent and its programs may take. Above it, the costliest "
        + "programs let fewer events per second pass; what they leave out is counted and reported as a loss. 0% is no budget. The "
        + "programs' own time counts while the sysctl kernel.bpf_stats_enabled is 1.",
        "0%");

    public static readonly Setting<string> Hooks = new(
        "hooks",
        ValueFormats.OneOf("auto", "syscalls"),
        "auto: cgroup hooks, and tracepoints of the connect system call only where there is no cgroup2. syscalls: those "
        + "tracepoints, which slow down every system call of the machine.",
        "auto");

    public static readonly Setting<string> BpfFolder = new(
        "bpf-folder",
        ValueFormats.Text with { ValueName = "FOLDER" },
        "Where the compiled BPF programs are.",
        Path.Combine(AppContext.BaseDirectory, "bpf"));

    public static readonly Setting<string> MonitorsFolder = new(
        "monitors-folder",
        AgentFormats.ExistingFolder,
        "A folder of monitors of your own. Each NAME.bpf.o in it is loaded, and its events have the type NAME; files that come, "
        + "change and go are followed. Only root may be able to write to it. The agent keeps CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN then.");

    public static readonly Setting<string> MonitorsKey = new(
        "monitors-key",
        AgentFormats.SigningKey,
        "Load only monitors that this key signed: a public key of minisign (signatures in NAME.bpf.o.minisig), or an Ed25519 key in "
        + "PEM (NAME.bpf.o.sig).");

    public static readonly Setting<IReadOnlyList<string>> MonitorsAllow = new(
        "monitors-allow",
        ValueFormats.ListOf(ValueFormats.Text),
        "What monitors of your own may do beyond watching: names of helpers and kernel functions that change the machine's state, "
        + $"such as send_signal, and {CustomPolicy.Verdicts} for programs that decide what passes (xdp, tc, cgroup). By default nothing.");

    public static readonly Setting<IReadOnlyList<KeyValuePair<string, string>>> MonitorsAttach = new(
        "monitors-attach",
        ValueFormats.ListOf(AgentFormats.AttachTarget),
        "The network interfaces that programs of your own monitors attach to, where their sections are xdp or tc.");

    public static readonly Setting<long> MonitorsRateLimit = new(
        "monitors-rate-limit",
        ValueFormats.WholeNumber(0, 1_000_000_000),
        "Most events per second of each monitor of your own; more are counted and reported as a loss. 0 is no limit.",
        "10000");

    public static readonly Setting<long> MonitorsMemory = new(
        "monitors-memory",
        ValueFormats.Size(1 << 16, 1L << 40),
        "Most memory in the kernel that the maps of each monitor of your own may take when they are full, those in maps of maps included.",
        "64MiB");

    public static readonly Setting<long> MonitorsInstructions = new(
        "monitors-instructions",
        ValueFormats.WholeNumber(1, 10_000_000),
        "Most instructions that the programs of each monitor of your own may have.",
        "100000");

    public static readonly Setting<bool> KeepCapabilities = new(
        "keep-capabilities",
        ValueFormats.Flag,
        "Keep all capabilities after the start. By default the agent gives up those that only loading needs. CPUs that come "
        + "online later are watched only with them.",
        "false");

    public static ServerSettings Shared => ServerSettings.Agent;

    public static SettingsSchema Schema { get; } = Shared.SchemaWith(
        """
        Watches the connections and packet drops of this machine with BPF programs in the kernel, and serves them as a
        gRPC stream and as REST. Needs root, or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN; CAP_IPC_LOCK for rings of full size,
        CAP_SYSLOG for the places of drops, CAP_SYS_NICE to lose less on a busy machine.
        """,
        [
            Programs, OnDemand, DnsPorts, NetworkNamespace, Cgroup, ExcludePid, IncludeSelf, ExcludePort, HideCommands, MaskAddresses, RateLimit, OverheadBudget, Hooks, BpfFolder,
            MonitorsFolder, MonitorsKey, MonitorsAllow, MonitorsAttach, MonitorsRateLimit, MonitorsMemory, MonitorsInstructions,
            KeepCapabilities,
            ServerSettings.NodeName, ServerSettings.AggregatorName,
        ],
        [
            ("monitor-agent", "watch everything, for clients on this machine"),
            ($"monitor-agent --grpc *:{Shared.GrpcPort} --tls-certificate agent.pem --tls-key agent.key --tls-authority ca.pem",
                "the same, also for an aggregator with a certificate of that authority"),
            ("monitor-agent --programs packet_drop --network-namespace web", "packet drops of `ip netns` web only"),
            ("monitor-agent --monitors-folder /etc/network-monitor/monitors.d", "with the monitors of that folder beside the built-in ones"),
            ("monitor-agent inspect my_monitor.bpf.o", "what a monitor of your own would do"),
            ("monitor-agent run my_monitor.bpf.o", "its events in this terminal"),
            ("monitor-agent --exclude-port 53,123 --rate-limit 10000", "leave out DNS and NTP, and cap the rest"),
        ],
        Check);

    private static string[] MonitorNames => [.. MonitorDefinition.All.Select(monitor => monitor.Name)];

    private static SettingsOutcome? Check(SettingValues settings)
    {
        foreach (var list in new[] { ExcludePid, ExcludePort })
        {
            if (settings.TryGet(list, out var values) && values.Count > MaxExclusions)
            {
                return settings.Refuse(list, $"at most {MaxExclusions} values");
            }
        }

        if (settings.Get(DnsPorts).Count is 0 or > DnsMonitor.MaxPorts)
        {
            return settings.Refuse(DnsPorts, $"1 to {DnsMonitor.MaxPorts} ports");
        }

        var programs = settings.Get(Programs);
        if (settings.TryGet(OnDemand, out var onDemand)
            && onDemand.FirstOrDefault(name => !programs.Contains(name)) is { } notLoaded)
        {
            return settings.Refuse(OnDemand, $"only programs that {Programs.OptionName} names too, and not {notLoaded}");
        }

        return programs.Count == 0 ? settings.Refuse(Programs, "at least one program")
            : MonitorDefinition.All.FirstOrDefault(monitor =>
                programs.Contains(monitor.Name) && monitor.Needs is { } needed && !programs.Contains(needed)) is { } incomplete
                ? settings.Refuse(Programs, $"{incomplete.Needs} beside {incomplete.Name}, which needs it")
            : null;
    }
}
