using Microsoft.Extensions.Logging;

namespace Monitor.ClickHouse.Reading;

internal static partial class ArchiveReaderLog
{
    [LoggerMessage(3310, LogLevel.Warning, "{Server} does not answer a query: {Problem}")]
    public static partial void Failed(ILogger logger, string server, string problem);
}
