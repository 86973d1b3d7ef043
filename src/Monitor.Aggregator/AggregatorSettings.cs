using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Discovery;
using Monitor.Aggregator.Kubernetes;
using Monitor.Server;
using Monitor.Server.Settings;

namespace Monitor.Aggregator;

/// <summary>The settings of the aggregator: its own, and <see cref="Shared"/>.</summary>
internal static class AggregatorSettings
{
    private static readonly ValueFormat<AgentAddress> Address = new(
        "HOST:PORT",
        AgentAddress.Expected,
        static (string text, [MaybeNullWhen(false)] out AgentAddress value) => AgentAddress.TryParse(text, out value, out _));

    public static readonly Setting<IReadOnlyList<AgentAddress>> Agents = new(
        "agent", ValueFormats.ListOf(Address), "An agent's gRPC address. Given again for each agent.");

    public static readonly Setting<string> AgentsFile = new(
        "agents-file",
        ValueFormats.ExistingFile,
        "A file of agents, one host:port per line; # begins a comment. Read again when it changes.");

    public static readonly Setting<IReadOnlyList<AgentAddress>> AgentsDns = new(
        "agents-dns",
        ValueFormats.ListOf(Address),
        "A DNS name with an agent at each of its addresses, such as that of a headless service of Kubernetes. Resolved again "
        + "every 10 seconds.");

    public static readonly Setting<string> AgentsService = new(
        "agents-service",
        new ValueFormat<string>(
            "NAMESPACE/NAME",
            "a headless service as namespace/name, for example monitoring/monitor-agent",
            static (string text, [MaybeNullWhen(false)] out string value) =>
            {
                value = text;
                return text.Split('/') is [{ Length: > 0 and <= 63 }, { Length: > 0 and <= 63 }];
            }),
        "A headless service of Kubernetes with the agents behind it. Its endpoint slices are watched.");

    public static ServerSettings Shared => ServerSettings.Aggregator;

    public static SettingsSchema Schema { get; } = Shared.SchemaWith(
        $"""
        Takes in the events of many agents and serves them as one agent would: the same gRPC stream, the same REST. Needs
        no privileges. At least one of {Agents.OptionName}, {AgentsFile.OptionName}, {AgentsDns.OptionName} and {AgentsService.OptionName}
        says where the agents are.
        """,
        [Agents, AgentsFile, AgentsDns, AgentsService, .. ArchiveSettings.All, ServerSettings.AgentName, ServerSettings.ServiceAccountReaders],
        [
            ("monitor-aggregator --agent 127.0.0.1", "the agent of this machine"),
            ("monitor-aggregator --agents-file /etc/monitor-agents --tls-certificate a.pem --tls-key a.key --tls-authority ca.pem",
                "as many as the file lists at the time, each with a certificate of that authority"),
            ($"monitor-aggregator --agents-dns monitor-agent:{AgentAddress.DefaultPort} --insecure",
                "the pods of a headless service, in clear text"),
            ("monitor-aggregator --agent 127.0.0.1 --clickhouse http://monitor@127.0.0.1:8123/monitor --clickhouse-password-file /etc/clickhouse-password",
                "and keep the events in ClickHouse"),
        ],
        Check);

    /// <summary>The ways to find agents that the settings ask for. What was given twice is there once.</summary>
    public static IReadOnlyList<IAgentDiscovery> Discoveries(SettingValues settings, TimeProvider time, ILoggerFactory loggers)
    {
        var discoveries = new List<IAgentDiscovery>();
        if (ListOf(settings, Agents) is { Count: > 0 } agents)
        {
            discoveries.Add(new StaticDiscovery(agents));
        }

        if (settings.TryGet(AgentsFile, out var file))
        {
            discoveries.Add(new FileDiscovery(file, time, loggers.CreateLogger<FileDiscovery>()));
        }

        discoveries.AddRange(ListOf(settings, AgentsDns)
            .Select(name => new DnsDiscovery(name, null, time, loggers.CreateLogger<DnsDiscovery>())));
        if (settings.TryGet(AgentsService, out var service))
        {
            discoveries.Add(AggregatorKubernetes.Discover(service, settings, time, loggers));
        }

        return discoveries;
    }

    private static SettingsOutcome? Check(SettingValues settings) =>
        settings.TryGet(AgentsService, out _) && !ServerSettings.UsesKubernetes(settings)
            ? settings.Refuse(
                AgentsService,
                $"Kubernetes; run the aggregator in a pod with a service account, or give {ServerSettings.Kubeconfig.OptionName}, and not "
                + $"{ServerSettings.DeploymentMode.OptionName} vm")
            : ListOf(settings, Agents).Count == 0 && ListOf(settings, AgentsDns).Count == 0
                && !settings.TryGet(AgentsFile, out _) && !settings.TryGet(AgentsService, out _)
            ? settings.Refuse(
                $"there are no agents to watch: name them with {Agents.OptionName} host:port, repeated for each, list them in "
                + $"a file with {AgentsFile.OptionName}, give a DNS name that has their addresses with {AgentsDns.OptionName} "
                + $"name:port, or in Kubernetes their service with {AgentsService.OptionName} namespace/name.")
            : CheckClearText(settings) ?? ArchiveSettings.Check(settings);

    // Links in clear text are refused again when they are made; this says so at once where it can be known.
    private static SettingsOutcome? CheckClearText(SettingValues settings) =>
        settings.TryGet(ServerSettings.TlsAuthority, out _) || settings.Get(ServerSettings.Insecure) ? null
        : ListOf(settings, Agents).FirstOrDefault(agent => !agent.IsOnThisMachine) is { } far ? settings.Refuse(
            $"{Agents.OptionName} {far} is another machine, and its events would cross the network in clear text. {ClearTextRemedy}")
        : settings.TryGet(AgentsService, out _) || ListOf(settings, AgentsDns).Any(name => !name.IsOnThisMachine) ? settings.Refuse(
            $"the agents are on other machines, and their events would cross the network in clear text. {ClearTextRemedy}")
        : null;

    private static string ClearTextRemedy =>
        $"Give {ServerSettings.TlsCertificate.OptionName}, {ServerSettings.TlsKey.OptionName} and {ServerSettings.TlsAuthority.OptionName}, "
        + $"or accept it with {ServerSettings.Insecure.OptionName}.";

    private static IReadOnlyList<AgentAddress> ListOf(SettingValues settings, Setting<IReadOnlyList<AgentAddress>> list) =>
        settings.TryGet(list, out var addresses) ? [.. addresses.Distinct()] : [];
}
