using Microsoft.Extensions.Logging;

namespace Monitor.ClickHouse.Writing;

internal static partial class ArchiveWriterLog
{
    [LoggerMessage(3301, LogLevel.Information, "Events are written to {Server}")]
    public static partial void Started(ILogger logger, string server);

    [LoggerMessage(3302, LogLevel.Warning, "{Server}: {Problem}; events stay in the log meanwhile, and what leaves it unwritten is counted")]
    public static partial void Failed(ILogger logger, string server, string problem);

    [LoggerMessage(3303, LogLevel.Information, "{Server}: written to again")]
    public static partial void Recovered(ILogger logger, string server);

    [LoggerMessage(3304, LogLevel.Warning, "{Count} events left the log before they were written to {Server}")]
    public static partial void Evicted(ILogger logger, long count, string server);

    [LoggerMessage(3305, LogLevel.Critical, "The task that writes events to {Server} has ended; nothing is written any more")]
    public static partial void Ended(ILogger logger, string server, Exception failure);

    [LoggerMessage(3306, LogLevel.Warning, "{Server} does not say what it has: {Problem}; all of the history is written again, and becomes one with it")]
    public static partial void WritesAgain(ILogger logger, string server, string problem);
}
