using Microsoft.Extensions.Logging;

namespace Monitor.Aggregator;

internal static partial class AggregatorLog
{
    [LoggerMessage(3201, LogLevel.Critical, "The task that keeps the links to agents has ended; no event arrives any more, and the aggregator stops")]
    public static partial void FleetEnded(ILogger logger, Exception? failure);
}
