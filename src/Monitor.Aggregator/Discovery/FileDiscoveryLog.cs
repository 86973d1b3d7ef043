using Microsoft.Extensions.Logging;

namespace Monitor.Aggregator.Discovery;

internal static partial class FileDiscoveryLog
{
    [LoggerMessage(3001, LogLevel.Warning, "The agents' file {Path} cannot be read, the agents that it listed stay: {Problem}")]
    public static partial void Unreadable(ILogger logger, string path, string problem);

    [LoggerMessage(3002, LogLevel.Information, "The agents' file {Path} can be read again")]
    public static partial void Readable(ILogger logger, string path);

    [LoggerMessage(3003, LogLevel.Warning, "{Path}, line {Line}: '{Text}' is left out: {Problem}")]
    public static partial void BadLine(ILogger logger, string path, int line, string text, string problem);

    [LoggerMessage(3004, LogLevel.Warning, "{Path}: {Count} more lines are not addresses of agents")]
    public static partial void MoreBadLines(ILogger logger, string path, int count);
}
