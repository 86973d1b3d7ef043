using Monitor.Server.Settings;

namespace Monitor.Server;

/// <summary>The settings of both programs that limit what clients take. See <see cref="ClientLimitOptions"/>, which has the
/// same defaults.</summary>
public static class LimitSettings
{
    /// <summary><c>max-connections</c>.</summary>
    public static Setting<long> MaxConnections { get; } = new(
        "max-connections", ValueFormats.WholeNumber(1, 1_000_000), "Connections of all clients at one time; more are closed.", "20000");

    /// <summary><c>max-connections-per-client</c>.</summary>
    public static Setting<long> MaxConnectionsPerClient { get; } = new(
        "max-connections-per-client",
        ValueFormats.WholeNumber(1, 1_000_000),
        "Connections of one client, an IPv4 address or the /64 of an IPv6 address; more are closed.",
        "1000");

    /// <summary><c>max-streams-per-client</c>.</summary>
    public static Setting<long> MaxStreamsPerClient { get; } = new(
        "max-streams-per-client",
        ValueFormats.WholeNumber(1, 100_000),
        "Streams that one client has open. One that is not read holds up to 256 KiB.",
        "1000");

    /// <summary><c>max-requests-per-client</c>.</summary>
    public static Setting<long> MaxRequestsPerClient { get; } = new(
        "max-requests-per-client", ValueFormats.WholeNumber(1, 1_000_000), "Requests of one client per second.", "5000");

    /// <summary><c>max-frames-per-client</c>.</summary>
    public static Setting<long> MaxFramesPerClient { get; } = new(
        "max-frames-per-client",
        ValueFormats.WholeNumber(100, 1_000_000),
        "HTTP/2 frames of one client per second that carry no request, such as PING; the connection is closed beyond.",
        "10000");

    /// <summary><c>max-header-size</c>, in bytes.</summary>
    public static Setting<long> MaxHeaderSize { get; } = new(
        "max-header-size", ValueFormats.Size(1 << 10, 1 << 20), "The first line of a request, and its headers together.", "32KiB");

    /// <summary><c>max-body-size</c>, in bytes.</summary>
    public static Setting<long> MaxBodySize { get; } = new(
        "max-body-size", ValueFormats.Size(1 << 10, LimitedClient.MaxHeldBytes), "The body of a request, and the message of a gRPC call.", "4MiB");

    /// <summary><c>call-timeout</c>, in seconds.</summary>
    public static Setting<long> CallTimeout { get; } = new(
        "call-timeout",
        ValueFormats.WholeNumber(1, 3600),
        "Seconds in which a call that is not a stream is sent, worked on and its answer read; it is cut off then.",
        "60");

    /// <summary>All of them, in the order of the help.</summary>
    internal static IReadOnlyList<Setting> All { get; } =
        [
            MaxConnections, MaxConnectionsPerClient, MaxStreamsPerClient, MaxRequestsPerClient, MaxFramesPerClient,
            MaxHeaderSize, MaxBodySize, CallTimeout,
        ];

    internal static ClientLimitOptions ClientsOf(SettingValues settings) => new()
    {
        MaxConnections = (int)settings.Get(MaxConnectionsPerClient),
        MaxStreams = (int)settings.Get(MaxStreamsPerClient),
        MaxRequestsPerSecond = (int)settings.Get(MaxRequestsPerClient),
        MaxControlFramesPerSecond = (int)settings.Get(MaxFramesPerClient),
        CallTimeout = TimeSpan.FromSeconds(settings.Get(CallTimeout)),
    };
}
