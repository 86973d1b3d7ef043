using System.Net;
using Microsoft.Extensions.Logging;

namespace Monitor.Server;

internal static partial class LimitLog
{
    [LoggerMessage(2401, LogLevel.Debug, "Connection of {Client} closed: too many connections")]
    public static partial void ConnectionRefused(ILogger logger, EndPoint? client);

    [LoggerMessage(2402, LogLevel.Debug, "Connection of {Client} closed: too many HTTP/2 frames that carry no request")]
    public static partial void Flood(ILogger logger, EndPoint? client);

    [LoggerMessage(2403, LogLevel.Debug, "Call of {Client} cut off after {Timeout}")]
    public static partial void TimedOut(ILogger logger, IPAddress? client, TimeSpan timeout);
}
