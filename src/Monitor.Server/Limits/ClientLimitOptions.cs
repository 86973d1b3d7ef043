namespace Monitor.Server;

/// <summary>
/// What one client may take from the others. A client is an IPv4 address, or the /64 of an IPv6 address. All that is
/// refused is counted, see <c>GetStatsResponse.refusals</c>.
/// </summary>
public sealed class ClientLimitOptions
{
    /// <summary>Most connections of one client at one time, on both ports together; more are closed at once. Default
    /// 1000.</summary>
    public int MaxConnections { get; init; } = 1000;

    /// <summary>Most streams that one client has open; RESOURCE_EXHAUSTED and 429 beyond. A stream whose client does not
    /// read holds up to 256 KiB. Default 1000.</summary>
    public int MaxStreams { get; init; } = 1000;

    /// <summary>Most requests per second of one client, and as many at once after a second without; RESOURCE_EXHAUSTED and
    /// 429 beyond. Default 5000, which is more than two cores answer.</summary>
    public int MaxRequestsPerSecond { get; init; } = 5000;

    /// <summary>
    /// Most frames of HTTP/2 per second of one client that carry no request, such as PING, SETTINGS and RST_STREAM, and as
    /// many at once after a second without; the connection is closed beyond. Window updates, of which a fast reader sends
    /// many, and frames that carry a request count a tenth. Default 10 000, which cost less than a tenth of a core.
    /// </summary>
    public int MaxControlFramesPerSecond { get; init; } = 10_000;

    /// <summary>Calls of one client that are worked on at one time, streams not counted. More wait for their turn, so that
    /// another client's call waits for no more than these. Default 8.</summary>
    public int MaxCallsAtWork { get; init; } = 8;

    /// <summary>How long a call that is not a stream may take, from its headers until the client has read the answer; the
    /// connection or the call is cut off then. Default a minute.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromMinutes(1);
}
