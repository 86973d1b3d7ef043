using Microsoft.Extensions.Logging;

namespace Monitor.Aggregator;

internal static partial class AggregatorLog
{
    [LoggerMessage(3201, LogLevel.Critical, "What keeps the links to agents has ended; no event arrives any more, the aggregator stops")]
    public static partial void FleetEnded(ILogger logger, Exception? failure);
}
