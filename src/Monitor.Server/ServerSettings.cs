using System.Globalization;
using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Monitor.Events;
using Monitor.Server.Settings;

namespace Monitor.Server;

/// <summary>
/// The settings that agent and aggregator share, each declared once; only some defaults differ. Both programs declare
/// their settings with <see cref="SchemaWith"/> and make their server's options with <see cref="OptionsOf"/>.
/// </summary>
public sealed class ServerSettings
{
    private ServerSettings(string component, int httpPort, int grpcPort, string retention)
    {
        Component = component;
        HttpPort = httpPort;
        GrpcPort = grpcPort;
        Http = new Setting<IPEndPoint>(
            "http",
            ValueFormats.ListenAddress,
            "Where REST listens. Only this machine reaches the default.",
            string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{httpPort}"));
        Grpc = new Setting<IPEndPoint>(
            "grpc",
            ValueFormats.ListenAddress,
            "Where gRPC listens. Only this machine reaches the default.",
            string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{grpcPort}"));
        Retention = new Setting<long>(
            "retention",
            ValueFormats.Size(EventLogOptions.MinRetentionBytes, EventLogOptions.MaxRetentionBytes),
            "Memory for stored events; the oldest leave when it is full. 64MiB hold about 250 000 events.",
            retention);
    }

    /// <summary>Those of the agent.</summary>
    public static ServerSettings Agent { get; } = new("agent", 8080, 50051, "64MiB");

    /// <summary>Those of the aggregator, whose ports leave the agent's free on the same machine.</summary>
    public static ServerSettings Aggregator { get; } = new("aggregator", 8081, 50052, "256MiB");

    /// <summary><c>cors-origin</c>.</summary>
    public static Setting<IReadOnlyList<string>> CorsOrigin { get; } = new(
        "cors-origin",
        ValueFormats.ListOf(ValueFormats.Origin),
        "Web pages of these origins may read REST, for example https://dashboard.example; * is every page.");

    /// <summary><c>log-level</c>.</summary>
    public static Setting<LogLevel> LogLevel { get; } = new(
        "log-level", ValueFormats.LogLevel, "Least level of messages on standard error.", "info");

    /// <summary><c>node-name</c>, for a program that runs on a node which it reports.</summary>
    public static Setting<string> NodeName { get; } = NodeNameElse(static () => Environment.MachineName);

    /// <summary><c>deployment-mode</c>: whether the program looks for Kubernetes.</summary>
    public static Setting<string> DeploymentMode { get; } = new(
        "deployment-mode",
        ValueFormats.OneOf("auto", "kubernetes", "vm"),
        "kubernetes: name pods, services and nodes by the API server. vm: do not look for Kubernetes. auto: kubernetes in a "
        + "pod with a service account, vm elsewhere.",
        "auto")
    {
        PlatformVariable = "DEPLOYMENT_MODE",
    };

    /// <summary><c>tls-certificate</c>.</summary>
    public static Setting<string> TlsCertificate { get; } = new(
        "tls-certificate",
        ValueFormats.ExistingFile,
        "TLS with this certificate, PEM, followed by what leads to its authority. Read again when it changes. Both ports then "
        + "speak REST and gRPC.");

    /// <summary><c>tls-key</c>.</summary>
    public static Setting<string> TlsKey { get; } = new(
        "tls-key", ValueFormats.ExistingFile, "The certificate's private key, PEM, not encrypted.");

    /// <summary><c>tls-authority</c>.</summary>
    public static Setting<string> TlsAuthority { get; } = new(
        "tls-authority",
        ValueFormats.ExistingFile,
        "Authorities, PEM. Clients may show a certificate of theirs; between aggregator and agents, both sides must.");

    /// <summary><c>readers</c>.</summary>
    public static Setting<string> Readers { get; } = new(
        "readers",
        ValueFormats.ExistingFile,
        "Who may read what, with tokens and names of certificates: a JSON file, see deploy/README.md. Read again when it changes.");

    /// <summary><c>service-account-readers</c>, of aggregators.</summary>
    public static Setting<bool> ServiceAccountReaders { get; } = new(
        "service-account-readers",
        ValueFormats.Flag,
        "Tokens of Kubernetes are readers too: the API server says whose they are, and by RBAC whether they may list the resource "
        + "events of the group network-monitor, in all namespaces or in some.",
        "false");

    /// <summary><c>open</c>: what needs no credential.</summary>
    public static Setting<IReadOnlyList<string>> Open { get; } = new(
        "open",
        ValueFormats.ListOf(ValueFormats.OneOf("health", "metrics")),
        "What everyone may read where readers need a credential: health is the state alone, for probes; metrics is /metrics, which "
        + "names nodes, namespaces and workloads.");

    /// <summary><c>insecure</c>.</summary>
    public static Setting<bool> Insecure { get; } = new(
        "insecure",
        ValueFormats.Flag,
        "Allow what is refused otherwise: clear text beyond this machine, and readers without a credential.",
        "false");

    /// <summary><c>aggregator-name</c>, of agents.</summary>
    public static Setting<string> AggregatorName { get; } = new(
        "aggregator-name",
        ValueFormats.CertificateName,
        "The name in an aggregator's certificate (a DNS name of the subject alternative names). Only it reads everything here.",
        "monitor-aggregator");

    /// <summary><c>agent-name</c>, of aggregators.</summary>
    public static Setting<string> AgentName { get; } = new(
        "agent-name",
        ValueFormats.CertificateName,
        "The name in the agents' certificates (a DNS name of the subject alternative names).",
        "monitor-agent");

    /// <summary><c>check-health</c>: not a setting of a server, but what the program does in place of being one.</summary>
    public static Setting<Uri> CheckHealth { get; } = new(
        "check-health",
        ValueFormats.BaseUrl,
        "Ask the program that runs at this address whether it is healthy, for at most a minute, and end with 0 where it is. With "
        + "https, --tls-authority vouches for its certificate.");

    /// <summary><c>kubeconfig</c>.</summary>
    public static Setting<string> Kubeconfig { get; } = new(
        "kubeconfig",
        ValueFormats.ExistingFile,
        "How to reach the API server from outside of the cluster. With it, deployment mode auto is kubernetes.");

    /// <summary><c>sandbox</c>.</summary>
    public static Setting<bool> Sandbox { get; } = new(
        "sandbox",
        ValueFormats.Flag,
        "Bind the process to the system calls and files that it needs. false: where something fails that only this could explain.",
        "true");

    /// <summary>The version of this build; all projects have the same.</summary>
    public static string Version { get; } =
        typeof(ServerSettings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion
            .Split('+')[0];

    /// <summary>What <see cref="MonitorServerOptions.Component"/> is.</summary>
    public string Component { get; }

    /// <summary>The port of REST unless the user sets another.</summary>
    public int HttpPort { get; }

    /// <summary>The port of gRPC unless the user sets another.</summary>
    public int GrpcPort { get; }

    /// <summary><c>http</c>.</summary>
    public Setting<IPEndPoint> Http { get; }

    /// <summary><c>grpc</c>.</summary>
    public Setting<IPEndPoint> Grpc { get; }

    /// <summary><c>retention</c>, in bytes.</summary>
    public Setting<long> Retention { get; }

    /// <summary>The name of <see cref="Http"/> on the command line of both programs.</summary>
    internal static string HttpOption => Agent.Http.OptionName;

    /// <summary>The name of <see cref="Grpc"/> on the command line of both programs.</summary>
    internal static string GrpcOption => Agent.Grpc.OptionName;

    /// <summary>Declares the settings of one of the two programs: its own, and those that both share.</summary>
    /// <param name="summary">See <see cref="SettingsSchema"/>, as for the rest.</param>
    /// <param name="own">The program's own settings, which the help shows first.</param>
    /// <param name="examples">Command lines for the help.</param>
    /// <param name="check">Checks what no single setting can.</param>
    public SettingsSchema SchemaWith(
        string summary,
        IReadOnlyList<Setting> own,
        IReadOnlyList<(string CommandLine, string Meaning)> examples,
        Func<SettingValues, SettingsOutcome?> check) =>
        new(
            $"monitor-{Component}",
            summary,
            Version,
            [
                .. own, Retention, .. HistorySettings.All, Http, Grpc, TlsCertificate, TlsKey, TlsAuthority, Readers, Open, Insecure,
                CorsOrigin, .. LimitSettings.All, .. MetricSettings.All, Sandbox, DeploymentMode, Kubeconfig, LogLevel, CheckHealth,
            ],
            examples,
            settings => settings.TryGet(CheckHealth, out _)
                ? null
                : CheckPorts(settings) ?? AccessSettings.Check(settings, this) ?? check(settings));

    /// <summary>The options of the server that the settings ask for.</summary>
    public MonitorServerOptions OptionsOf(SettingValues settings) => new()
    {
        Component = Component,
        NodeName = settings.TryGet(NodeName, out var nodeName) ? nodeName : "",
        Version = Version,
        Http = settings.Get(Http),
        Grpc = settings.Get(Grpc),
        Access = AccessSettings.OptionsOf(settings, this),
        CorsOrigins = settings.TryGet(CorsOrigin, out var origins) ? origins : [],
        LogLevel = settings.Get(LogLevel),
        MaxConnections = (int)settings.Get(LimitSettings.MaxConnections),
        MaxRequestLineBytes = (int)settings.Get(LimitSettings.MaxHeaderSize),
        MaxRequestHeaderBytes = (int)settings.Get(LimitSettings.MaxHeaderSize),
        MaxRequestBodyBytes = (int)settings.Get(LimitSettings.MaxBodySize),
        Clients = LimitSettings.ClientsOf(settings),
        Metrics = MetricSettings.OptionsOf(settings),
    };

    /// <summary>Whether the program names pods, services and nodes by an API server. Looks for the environment of a pod, and
    /// loads nothing of Kubernetes.</summary>
    public static bool UsesKubernetes(SettingValues settings) => settings.Get(DeploymentMode) switch
    {
        "kubernetes" => true,
        "vm" => false,
        _ => settings.TryGet(Kubeconfig, out _)
            || (Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 }
                && File.Exists("/var/run/secrets/kubernetes.io/serviceaccount/token")),
    };

    // In clear text, each port speaks one protocol. Port 0 is another one each time.
    private SettingsOutcome? CheckPorts(SettingValues settings) =>
        settings.Get(Http).Port != 0 && settings.Get(Http).Equals(settings.Get(Grpc))
            ? settings.Refuse($"{HttpOption} and {GrpcOption} are the same address. Choose two ports: each speaks one protocol.")
            : null;

    /// <summary>The declaration of <see cref="NodeName"/>.</summary>
    /// <param name="hostName">Finds the host's name, which tests replace: Linux allows 64 bytes.</param>
    internal static Setting<string> NodeNameElse(Func<string> hostName) => new(
        "node-name", ValueFormats.NodeName, "Name of this node in events.", defaultText: "the host name")
    {
        PlatformVariable = "NODE_NAME",
        FindDefault = hostName,
    };
}
