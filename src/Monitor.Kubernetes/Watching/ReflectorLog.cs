using Microsoft.Extensions.Logging;

namespace Monitor.Kubernetes.Watching;

internal static partial class ReflectorLog
{
    [LoggerMessage(5001, LogLevel.Warning, "Kubernetes: {Problem}; what is known of {Resource} stays as it is until this is over")]
    public static partial void Failing(ILogger logger, string resource, string problem);

    [LoggerMessage(5002, LogLevel.Information, "Kubernetes: {Count} {Resource}, watching")]
    public static partial void Listed(ILogger logger, string resource, int count);

    [LoggerMessage(5003, LogLevel.Information, "Kubernetes: the watch of {Resource} goes on")]
    public static partial void Resumed(ILogger logger, string resource);

    [LoggerMessage(5004, LogLevel.Debug, "Kubernetes: the version of {Resource} is too old to watch on from; listing anew")]
    public static partial void TooOld(ILogger logger, string resource);

    [LoggerMessage(5005, LogLevel.Warning, "Kubernetes: {Count} {Resource} cannot be read and are left out")]
    public static partial void Malformed(ILogger logger, string resource, long count);
}
