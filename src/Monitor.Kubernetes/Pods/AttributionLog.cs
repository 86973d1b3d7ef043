using Microsoft.Extensions.Logging;

namespace Monitor.Kubernetes.Pods;

internal static partial class AttributionLog
{
    [LoggerMessage(5101, LogLevel.Warning, "New cgroups are found by a scan once a second, and not at once: {Problem}")]
    public static partial void NotWatched(ILogger logger, string problem);

    [LoggerMessage(5102, LogLevel.Information, "Pods of this node are in cgroup v1 only: events are attributed by process")]
    public static partial void ByProcess(ILogger logger);

    [LoggerMessage(5103, LogLevel.Error, "Looking for pods failed, and goes on")]
    public static partial void Failed(ILogger logger, Exception failure);

    [LoggerMessage(5104, LogLevel.Warning, "Some cgroups are not kept, and events from them are attributed by process, if at all: {Reason}")]
    public static partial void NoRoom(ILogger logger, string reason);
}
