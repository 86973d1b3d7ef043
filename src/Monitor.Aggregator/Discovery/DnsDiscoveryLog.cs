using Microsoft.Extensions.Logging;

namespace Monitor.Aggregator.Discovery;

internal static partial class DnsDiscoveryLog
{
    [LoggerMessage(3011, LogLevel.Warning, "The agents' DNS name {Name} cannot be resolved, the addresses that it had stay: {Problem}")]
    public static partial void NotResolved(ILogger logger, string name, string problem);

    [LoggerMessage(3012, LogLevel.Information, "The agents' DNS name {Name} is resolved again, to {Count} addresses")]
    public static partial void Resolved(ILogger logger, string name, int count);
}
