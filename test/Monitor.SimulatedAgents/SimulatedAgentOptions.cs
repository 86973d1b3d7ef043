using System.Security.Cryptography.X509Certificates;
using Monitor.Protocol;

namespace Monitor.SimulatedAgents;

/// <summary>What simulated agents have in common.</summary>
public sealed record SimulatedAgentOptions
{
    /// <summary>Bytes of each agent's log, at least 1 MiB, the default: about 4000 events.</summary>
    public long RetentionBytes { get; init; } = 1 << 20;

    /// <summary>How long a stream is silent before it sends an empty message; as agents have it by default.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = ContractLimits.HeartbeatInterval;

    /// <summary>For TLS, clients' certificates asked for and not looked at; null: clear text.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>What the agents say their version is.</summary>
    public string Version { get; init; } = "0.0.0-simulated";
}
