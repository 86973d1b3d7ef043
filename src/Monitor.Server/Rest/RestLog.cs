using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Monitor.Server;

internal static partial class RestLog
{
    [LoggerMessage(2201, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void Failed(ILogger logger, string method, PathString path, Exception failure);

    [LoggerMessage(2202, LogLevel.Debug, "The client of {Path} has left")]
    public static partial void ClientGone(ILogger logger, PathString path);
}
