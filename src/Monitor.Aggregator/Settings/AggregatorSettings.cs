using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Discovery;
using Monitor.Events;
using Monitor.Server.Settings;

namespace Monitor.Aggregator.Settings;

/// <summary>What the aggregator can be told.</summary>
internal static class AggregatorSettings
{
    public static readonly Setting<IReadOnlyList<AgentAddress>> Agents = new(
        "agent",
        ValueFormats.ListOf(new AgentAddressFormat()),
        "An agent's gRPC address. Given again for each agent.");

    public static readonly Setting<string> AgentsFile = new(
        "agents-file",
        ValueFormats.ExistingFile,
        "A file of agents, one host:port per line; # begins a comment. Read again when it changes.");

    public static readonly Setting<IReadOnlyList<AgentAddress>> AgentsDns = new(
        "agents-dns",
        ValueFormats.ListOf(new AgentAddressFormat()),
        "A DNS name with an agent at each of its addresses, such as that of a headless service of Kubernetes. Resolved again "
        + "every 10 seconds.");

    public static readonly Setting<IPEndPoint> Http = new(
        "http", ValueFormats.ListenAddress, "Where REST listens. Only this machine reaches the default.", "127.0.0.1:8081");

    public static readonly Setting<IPEndPoint> Grpc = new(
        "grpc", ValueFormats.ListenAddress, "Where gRPC listens.", "127.0.0.1:50052");

    public static readonly Setting<IReadOnlyList<string>> CorsOrigin = new(
        "cors-origin",
        ValueFormats.ListOf(ValueFormats.Origin),
        "Web pages of these origins may read REST, for example https://dashboard.example; * is every page. None unless "
        + "given.");

    public static readonly Setting<long> Retention = new(
        "retention",
        ValueFormats.Size(EventLogOptions.MinRetentionBytes, EventLogOptions.MaxRetentionBytes),
        "Memory for stored events of all agents; the oldest leave when it is full. 256MiB hold about a million events.",
        "256MiB");

    public static readonly Setting<LogLevel> LogLevel = new(
        "log-level", ValueFormats.LogLevel, "Least level of messages on standard error.", "info");

    public static string Version { get; } =
        typeof(AggregatorSettings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion
            .Split('+')[0];

    public static SettingsSchema Schema { get; } = new(
        "monitor-aggregator",
        """
        Takes in the events of many agents and serves them as one agent would: the same gRPC stream, the same REST. Needs
        no privileges. At least one of --agent, --agents-file and --agents-dns says where the agents are.
        """,
        Version,
        [Agents, AgentsFile, AgentsDns, Http, Grpc, CorsOrigin, Retention, LogLevel],
        [
            ("monitor-aggregator --agent node-1 --agent node-2:50051", "two agents"),
            ("monitor-aggregator --agents-file /etc/monitor-agents", "as many as the file lists at the time"),
            ("monitor-aggregator --agents-dns monitor-agent:50051 --http *:8081 --grpc *:50052",
                "the pods of a headless service, for clients anywhere"),
        ]);

    /// <summary>What only the aggregator can judge; null where all is well.</summary>
    public static SettingsOutcome? Check(SettingValues settings) =>
        ListOf(settings, Agents).Count == 0 && ListOf(settings, AgentsDns).Count == 0 && !settings.IsGiven(AgentsFile)
            ? settings.Refuse("there are no agents to watch: name them with --agent host:port, repeated for each, list them "
                + "in a file with --agents-file, or give a DNS name that has their addresses with --agents-dns name:port.")
            : null;

    /// <summary>Where the settings say that agents are found. What was given twice is there once.</summary>
    public static IReadOnlyList<IAgentSource> Sources(SettingValues settings, TimeProvider time, ILoggerFactory loggers)
    {
        var sources = new List<IAgentSource>();
        if (ListOf(settings, Agents) is { Count: > 0 } agents)
        {
            sources.Add(new StaticAgents(agents));
        }

        if (settings.TryGet(AgentsFile, out var file))
        {
            sources.Add(new FileAgents(file, time, loggers.CreateLogger<FileAgents>()));
        }

        sources.AddRange(ListOf(settings, AgentsDns)
            .Select(name => new DnsAgents(name, null, time, loggers.CreateLogger<DnsAgents>())));
        return sources;
    }

    private static IReadOnlyList<AgentAddress> ListOf(SettingValues settings, Setting<IReadOnlyList<AgentAddress>> list) =>
        settings.TryGet(list, out var addresses) ? [.. addresses.Distinct()] : [];
}
