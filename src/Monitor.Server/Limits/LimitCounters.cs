using Microsoft.AspNetCore.Http;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Counts what was refused, by the limit that it met. Any thread.</summary>
internal sealed class LimitCounters
{
    /// <summary>Connections beyond those of all clients together.</summary>
    public Counter Connections { get; } = new();

    /// <summary>Connections beyond those of one client.</summary>
    public Counter ConnectionsOfClient { get; } = new();

    /// <summary>Streams beyond those of one client.</summary>
    public Counter Streams { get; } = new();

    /// <summary>Requests beyond the rate of one client, beyond those that may wait for their turn, or of more bytes than its calls may
    /// keep.</summary>
    public Counter Requests { get; } = new();

    /// <summary>Connections that were closed because of frames without a request.</summary>
    public Counter Floods { get; } = new();

    /// <summary>Calls that were cut off.</summary>
    public Counter Timeouts { get; } = new();

    /// <summary>Requests that are too large: 413, 414 and 431.</summary>
    public Counter TooLarge { get; } = new();

    /// <summary>Requests that came too slowly: 408.</summary>
    public Counter TooSlow { get; } = new();

    /// <summary>Requests that are not HTTP.</summary>
    public Counter Malformed { get; } = new();

    /// <summary>Counts a request that the web server refused to read.</summary>
    /// <param name="httpStatus">What it was answered.</param>
    public void CountBadRequest(int httpStatus) => (httpStatus switch
    {
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status414UriTooLong
            or StatusCodes.Status431RequestHeaderFieldsTooLarge => TooLarge,
        StatusCodes.Status408RequestTimeout => TooSlow,
        _ => Malformed,
    }).Add();

    public RefusalStats GetStats() => new()
    {
        Connections = Connections.Value,
        ConnectionsOfClient = ConnectionsOfClient.Value,
        Streams = Streams.Value,
        Requests = Requests.Value,
        Floods = Floods.Value,
        Timeouts = Timeouts.Value,
        TooLarge = TooLarge.Value,
        TooSlow = TooSlow.Value,
        Malformed = Malformed.Value,
    };

    /// <summary>One count.</summary>
    internal sealed class Counter
    {
        private ulong _value;

        public ulong Value => Volatile.Read(ref _value);

        public void Add() => Interlocked.Increment(ref _value);
    }
}
