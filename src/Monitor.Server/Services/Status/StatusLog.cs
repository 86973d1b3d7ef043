using Microsoft.Extensions.Logging;

namespace Monitor.Server;

internal static partial class StatusLog
{
    [LoggerMessage(2101, LogLevel.Warning, "The programs' counters cannot be read, so rates stand still")]
    public static partial void SampleFailed(ILogger logger, Exception failure);

    [LoggerMessage(2102, LogLevel.Warning, "Programs that run on demand could not be attached or detached")]
    public static partial void DemandFailed(ILogger logger, Exception failure);
}
