using Microsoft.Extensions.Logging;

namespace Monitor.Server;

internal static partial class MetricsLog
{
    [LoggerMessage(2501, LogLevel.Error, "Counting events for metrics has failed; everything else goes on")]
    public static partial void CountingFailed(ILogger logger, Exception failure);
}
