using Microsoft.Extensions.Logging;

namespace Monitor.Server;

internal static partial class StatusLog
{
    [LoggerMessage(2101, LogLevel.Warning, "The programs' counters cannot be read, so rates stand still")]
    public static partial void SampleFailed(ILogger logger, Exception failure);
}
