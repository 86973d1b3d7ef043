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

    /// <summary>Where REST listens: HTTP/1.1 in clear text, and with TLS HTTP/2 and gRPC too. Port 0, the default, lets the system choose; see
    /// <see cref="ServerEndPoints"/>.</summary>
    public IPEndPoint Http { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>Where gRPC listens: HTTP/2 in clear text, and with TLS HTTP/1.1 and REST too; as <see cref="Http"/>.</summary>
    public IPEndPoint Grpc { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>Who may read. The default: everyone who reaches the addresses, in clear text.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>Least level of the server's own messages. The web server's own appear from Warning on.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>How long a stream is silent before it sends an empty message. More than 0.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = ContractLimits.HeartbeatInterval;

    /// <summary>
    /// How long streams have to send their last message when the server stops. Then they are cut off, and all other
    /// connections get the same time again. A stop takes at most twice this.
    /// </summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromMilliseconds(600);

    /// <summary>Most connections of clients at one time, on both addresses together; more are closed at once.</summary>
    public int MaxConnections { get; init; } = 20_000;

    /// <summary>What one client may take from the others.</summary>
    public ClientLimitOptions Clients { get; init; } = new();

    /// <summary>
    /// Web origins whose pages may read REST, for example <c>https://dashboard.example</c>: scheme, host and port as
    /// browsers send them. <c>*</c> is every origin. Empty, the default: none, and no request is answered with CORS
    /// headers.
    /// </summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>
    /// Longest first line of a request to REST, method and URL included, in bytes; 414 beyond. Default 32 KiB: a filter
    /// may name many pods in its query string. Longer ones go into the body of a POST.
    /// </summary>
    public int MaxRequestLineBytes { get; init; } = 32 << 10;

    /// <summary>Most bytes of a request's headers together; 431 beyond. Default 32 KiB.</summary>
    public int MaxRequestHeaderBytes { get; init; } = 32 << 10;

    /// <summary>
    /// Largest body of a request to REST, and largest message of a gRPC call; 413 and RESOURCE_EXHAUSTED beyond. Default
    /// 4 MiB: the largest filter there can be.
    /// </summary>
    public int MaxRequestBodyBytes { get; init; } = 4 << 20;

    /// <summary>How long a client may take to send the headers of a request; 408 beyond. Default 10 seconds.</summary>
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the body of a request may come at any pace; 408 where it is slower afterwards than the largest body
    /// within <see cref="ClientLimitOptions.CallTimeout"/>. Default 5 seconds.</summary>
    public TimeSpan BodyGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection without a request stays open. Default 2 minutes.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often the watchers of <c>grpc.health.v1</c> are told of a change at the latest. Default 2 seconds;
    /// at least 1.</summary>
    public TimeSpan HealthInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What <c>/metrics</c> has.</summary>
    public MetricOptions Metrics { get; init; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
