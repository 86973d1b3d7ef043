using Microsoft.Extensions.Logging;
using Monitor.V1;

namespace Monitor.Server;

internal static partial class StreamLog
{
    [LoggerMessage(2001, LogLevel.Debug, "Stream to {Peer} opened, filter {Filter}")]
    public static partial void Opened(ILogger logger, string peer, EventFilter filter);

    [LoggerMessage(2002, LogLevel.Debug, "Stream to {Peer} closed: {Stats}")]
    public static partial void Closed(ILogger logger, string peer, SubscriberStats stats);
}
