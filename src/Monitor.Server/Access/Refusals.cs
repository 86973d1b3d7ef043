using Microsoft.Extensions.Logging;

namespace Monitor.Server;

/// <summary>Counts who was refused, and tells the log why. Any thread.</summary>
internal sealed class Refusals(ILogger<Refusals> logger)
{
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

    public void CountThrottled() => Interlocked.Increment(ref _throttled);

    /// <param name="client">From where.</param>
    /// <param name="reason">Why, for the log; the client is not told.</param>
    public void CountUnauthenticated(LimitedClient client, string reason)
    {
        Interlocked.Increment(ref _unauthenticated);
        Log(client, reason);
    }

    public void CountForbidden(LimitedClient client, string reason)
    {
        Interlocked.Increment(ref _forbidden);
        Log(client, reason);
    }

    public void CountCertificate(LimitedClient client, string reason)
    {
        Interlocked.Increment(ref _certificates);
        Log(client, reason);
    }

    // What one client can make the log say is limited. The counters have the rest.
    private void Log(LimitedClient client, string reason)
    {
        if (client.RefusalLines.TryTake())
        {
            AccessLog.Refused(logger, client.Address, reason);
        }
    }
}
