using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Events;
using Monitor.Server.Settings;

namespace Monitor.Agent.Settings;

/// <summary>What the agent can be told.</summary>
internal static class AgentSettings
{
    public static readonly Setting<IPEndPoint> Http = new(
        "http", ValueFormats.ListenAddress, "Where REST listens. Only this machine reaches the default.", "127.0.0.1:8080");

    public static readonly Setting<IPEndPoint> Grpc = new(
        "grpc", ValueFormats.ListenAddress, "Where gRPC listens.", "127.0.0.1:50051");

    public static readonly Setting<IReadOnlyList<string>> CorsOrigin = new(
        "cors-origin",
        ValueFormats.ListOf(ValueFormats.Origin),
        "Web pages of these origins may read REST, for example https://dashboard.example; * is every page. None unless "
        + "given.");

    public static readonly Setting<string> NodeName = new(
        "node-name", ValueFormats.Text, "Name of this node in events.", defaultText: "$NODE_NAME, else the host name");

    public static readonly Setting<IReadOnlyList<string>> Programs = new(
        "programs",
        ValueFormats.ListOf(ValueFormats.OneOf(MonitorNames)),
        "Which programs to load.",
        string.Join(',', MonitorNames));

    public static readonly Setting<long> Retention = new(
        "retention",
        ValueFormats.Size(EventLogOptions.MinRetentionBytes, EventLogOptions.MaxRetentionBytes),
        "Memory for stored events; the oldest leave when it is full. 64MiB hold about 250 000 events.",
        "64MiB");

    public static readonly Setting<uint> NetworkNamespace = new(
        "network-namespace",
        new NetworkNamespaceFormat(),
        "Watch only this network namespace: its inode number, a name of `ip netns`, or a path such as /proc/PID/ns/net.");

    public static readonly Setting<CgroupReference> Cgroup = new(
        "cgroup",
        new CgroupFormat(),
        "Watch only processes of this cgroup (v2) and below: its folder, absolute or below the cgroup2 mount.");

    public static readonly Setting<IReadOnlyList<long>> ExcludePid = new(
        "exclude-pid",
        ValueFormats.ListOf(ValueFormats.WholeNumber(1, uint.MaxValue)),
        "Leave out events of these processes, by their ids on the host. At most 1024.");

    public static readonly Setting<bool> IncludeSelf = new(
        "include-self", ValueFormats.Flag, "Report the agent's own events too.", "false");

    public static readonly Setting<IReadOnlyList<long>> ExcludePort = new(
        "exclude-port",
        ValueFormats.ListOf(ValueFormats.WholeNumber(0, ushort.MaxValue)),
        "Leave out events with these destination ports. At most 1024.");

    public static readonly Setting<long> RateLimit = new(
        "rate-limit",
        ValueFormats.WholeNumber(0, 1_000_000_000),
        "Most events per second of each program; more are counted and reported as a loss. 0 is no limit.",
        "0");

    public static readonly Setting<string> Hooks = new(
        "hooks",
        ValueFormats.OneOf("auto", "syscalls"),
        "auto: cgroup hooks, and tracepoints of the connect system call only where there is no cgroup2. syscalls: those "
        + "tracepoints, which slow down every system call of the machine.",
        "auto");

    public static readonly Setting<string> BpfFolder = new(
        "bpf-folder", ValueFormats.Text, "Where the compiled BPF programs are.", Path.Combine(AppContext.BaseDirectory, "bpf"));

    public static readonly Setting<LogLevel> LogLevel = new(
        "log-level", ValueFormats.LogLevel, "Least level of messages on standard error.", "info");

    /// <summary>How many pids or ports the programs' maps hold (bpf/include/monitor.h).</summary>
    public const int MaxExclusions = 1024;

    public static string Version { get; } =
        typeof(AgentSettings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion
            .Split('+')[0];

    public static SettingsSchema Schema { get; } = new(
        "monitor-agent",
        """
        Watches the connections and packet drops of this machine with BPF programs in the kernel, and serves them as a
        gRPC stream and as REST. Needs root, or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN; CAP_IPC_LOCK for rings of full size,
        CAP_SYSLOG for the places of drops, CAP_SYS_NICE to lose less on a busy machine.
        """,
        Version,
        [
            Http, Grpc, CorsOrigin, NodeName, Programs, Retention, NetworkNamespace, Cgroup, ExcludePid, IncludeSelf,
            ExcludePort, RateLimit, Hooks, BpfFolder, LogLevel,
        ],
        [
            ("monitor-agent", "watch everything, for clients on this machine"),
            ("monitor-agent --http *:8080 --grpc *:50051", "the same, for clients anywhere"),
            ("monitor-agent --programs packet_drop --network-namespace web", "packet drops of `ip netns` web only"),
            ("monitor-agent --exclude-port 53,123 --rate-limit 10000", "leave out DNS and NTP, and cap the rest"),
        ]);

    private static string[] MonitorNames => [.. MonitorDefinition.All.Select(monitor => monitor.Name)];

    /// <summary>What only the agent can judge; null where all is well.</summary>
    public static SettingsOutcome? Check(SettingValues settings)
    {
        foreach (var list in new[] { ExcludePid, ExcludePort })
        {
            if (settings.TryGet(list, out var values) && values.Count > MaxExclusions)
            {
                return settings.Refuse(list, $"at most {MaxExclusions} values");
            }
        }

        return settings.TryGet(NodeName, out var name) && System.Text.Encoding.UTF8.GetByteCount(name) > Encoding.EventEncoder.MaxNodeNameBytes
            ? settings.Refuse(NodeName, $"at most {Encoding.EventEncoder.MaxNodeNameBytes} bytes")
            : settings.TryGet(Programs, out var programs) && programs.Count == 0 ? settings.Refuse(Programs, "at least one program")
            : null;
    }
}
