using Microsoft.Extensions.Logging;
using Monitor.V1;

namespace Monitor.Server;

internal static partial class ExportLog
{
    [LoggerMessage(2011, LogLevel.Debug, "Export to {Peer} as {Format}, filter {Filter}")]
    public static partial void Opened(ILogger logger, string peer, string format, EventFilter filter);

    [LoggerMessage(2012, LogLevel.Debug, "Export to {Peer} is over: {Stats}")]
    public static partial void Closed(ILogger logger, string peer, SubscriberStats stats);

    [LoggerMessage(2013, LogLevel.Error, "Export to {Peer} failed and was cut off")]
    public static partial void Failed(ILogger logger, string peer, Exception failure);
}
