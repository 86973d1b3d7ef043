using System.Net;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;

namespace Monitor.Server;

/// <summary>
/// Counts who was refused, and slows down a client that guesses: after ten wrong credentials it has one try per second.
/// Any thread.
/// </summary>
internal sealed class Refusals(ILogger<Refusals> logger) : IDisposable
{
    private readonly PartitionedRateLimiter<IPAddress> _tries = Limiter(TimeSpan.FromSeconds(1));

    // What one client can make the log say. The counters have the rest.
    private readonly PartitionedRateLimiter<IPAddress> _lines = Limiter(TimeSpan.FromSeconds(10));

    private long _unauthenticated;
    private long _forbidden;
    private long _throttled;
    private long _certificates;

    /// <summary>Requests without a valid credential.</summary>
    public long Unauthenticated => Volatile.Read(ref _unauthenticated);

    /// <summary>Requests of readers that may not read what they asked for.</summary>
    public long Forbidden => Volatile.Read(ref _forbidden);

    /// <summary>Requests whose credential was not looked at, because the client had guessed too often.</summary>
    public long Throttled => Volatile.Read(ref _throttled);

    /// <summary>Connections whose certificate was refused.</summary>
    public long Certificates => Volatile.Read(ref _certificates);

    /// <summary>Whether the client has tries left.</summary>
    public bool MayTry(IPAddress client) => _tries.GetStatistics(client) is not { CurrentAvailablePermits: 0 };

    public void CountThrottled() => Interlocked.Increment(ref _throttled);

    /// <param name="client">From where.</param>
    /// <param name="reason">Why, for the log; the client is not told.</param>
    public void CountUnauthenticated(IPAddress client, string reason)
    {
        Interlocked.Increment(ref _unauthenticated);
        using var tried = _tries.AttemptAcquire(client);
        Log(client, reason);
    }

    public void CountForbidden(IPAddress client, string reason)
    {
        Interlocked.Increment(ref _forbidden);
        Log(client, reason);
    }

    public void CountCertificate(IPAddress client, string reason)
    {
        Interlocked.Increment(ref _certificates);
        Log(client, reason);
    }

    public void Dispose()
    {
        _tries.Dispose();
        _lines.Dispose();
    }

    private static PartitionedRateLimiter<IPAddress> Limiter(TimeSpan period) => PartitionedRateLimiter.Create<IPAddress, IPAddress>(
        client => RateLimitPartition.GetTokenBucketLimiter(client, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = 10,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = period,
            QueueLimit = 0,
        }));

    private void Log(IPAddress client, string reason)
    {
        using var lease = _lines.AttemptAcquire(client);
        if (lease.IsAcquired)
        {
            AccessLog.Refused(logger, client.ToString(), reason);
        }
    }
}
