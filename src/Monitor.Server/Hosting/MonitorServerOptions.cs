using System.Net;
using Microsoft.Extensions.Logging;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>What a server is and where it listens.</summary>
public sealed class MonitorServerOptions
{
    /// <summary>"agent" or "aggregator", for <c>GetHealthResponse.component</c> and messages.</summary>
    public string Component { get; init; } = "agent";

    /// <summary>The node that an agent runs on. Empty on an aggregator.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>Version of the server.</summary>
    public string Version { get; init; } = "";

    /// <summary>Where REST listens, HTTP/1.1 in clear text. Port 0 lets the system choose; see
    /// <see cref="ServerEndPoints"/>.</summary>
    public IPEndPoint Http { get; init; } = new(IPAddress.Loopback, 8080);

    /// <summary>Where gRPC listens, HTTP/2 in clear text.</summary>
    public IPEndPoint Grpc { get; init; } = new(IPAddress.Loopback, 50051);

    /// <summary>Least level of the server's own messages. The web server's own appear from Warning on.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>How long a stream is silent before it sends an empty message. More than 0.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = ContractLimits.HeartbeatInterval;

    /// <summary>
    /// How long streams have, once the server is told to stop, to send their last message before they are cut off;
    /// whatever else is open then gets as long again. Twice this is the longest that a stop takes.
    /// </summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromMilliseconds(600);

    /// <summary>Most connections of clients at one time, on both addresses together; more are closed at once.</summary>
    public int MaxConnections { get; init; } = 20_000;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
