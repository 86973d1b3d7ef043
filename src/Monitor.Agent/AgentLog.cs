using Microsoft.Extensions.Logging;

namespace Monitor.Agent;

internal static partial class AgentLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "The thread that reads events has ended; no event arrives any more")]
    public static partial void ReaderFailed(ILogger logger, Exception failure);

    [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "{Text}")]
    public static partial void Libbpf(ILogger logger, string text);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning,
        Message = "This is a pid namespace of its own: the agent's own events are not left out, and --exclude-pid takes pids of the host. "
            + "Run it in the host's (Kubernetes: hostPID: true, Docker: --pid=host)")]
    public static partial void OwnPidNamespace(ILogger logger);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning,
        Message = "Program {Program}: losses and attempts that end unnoticed show late until this works again: {Failure}")]
    public static partial void SettleFailed(ILogger logger, string program, string failure);

    [LoggerMessage(EventId = 5, Level = LogLevel.Information, Message = "Program {Program}: it works again")]
    public static partial void SettleWorks(ILogger logger, string program);

    [LoggerMessage(EventId = 6, Level = LogLevel.Warning,
        Message = "A CPU that came online has no ring, so that events on it are lost, until the CPUs change again: {Failure}")]
    public static partial void NoRing(ILogger logger, string failure);

    [LoggerMessage(EventId = 7, Level = LogLevel.Warning,
        Message = "The agent and its programs took {Percent:0.0}% of the machine's CPU time, more than --overhead-budget: the "
            + "costliest programs let fewer events pass, see /api/programs")]
    public static partial void BudgetExceeded(ILogger logger, double percent);

    [LoggerMessage(EventId = 8, Level = LogLevel.Information, Message = "Within --overhead-budget again: all events pass")]
    public static partial void BudgetKept(ILogger logger);

    [LoggerMessage(EventId = 9, Level = LogLevel.Warning, Message = "--overhead-budget could not be watched or kept for a second: {Failure}")]
    public static partial void BudgetFailed(ILogger logger, string failure);

    [LoggerMessage(EventId = 10, Level = LogLevel.Information, Message = "Program {Program}: nobody asks for its events; it is detached")]
    public static partial void Waiting(ILogger logger, string program);

    [LoggerMessage(EventId = 11, Level = LogLevel.Information, Message = "Program {Program}: its events are asked for; it is attached")]
    public static partial void Resumed(ILogger logger, string program);

    [LoggerMessage(EventId = 12, Level = LogLevel.Error, Message = "Program {Program}: its events are asked for, and it cannot be attached: {Failure}")]
    public static partial void ResumeFailed(ILogger logger, string program, string failure);

    [LoggerMessage(EventId = 13, Level = LogLevel.Information, Message = "Monitor {Monitor}: loaded from the folder, object {Hash}")]
    public static partial void MonitorLoaded(ILogger logger, string monitor, string hash);

    [LoggerMessage(EventId = 14, Level = LogLevel.Error, Message = "Monitor {Monitor}: its object is refused: {Failure}")]
    public static partial void MonitorRefused(ILogger logger, string monitor, string failure);

    [LoggerMessage(EventId = 15, Level = LogLevel.Information, Message = "Monitor {Monitor}: its object is gone from the folder; it is unloaded")]
    public static partial void MonitorRemoved(ILogger logger, string monitor);

    [LoggerMessage(EventId = 16, Level = LogLevel.Error, Message = "--monitors-folder cannot be followed; what was loaded from it goes on: {Failure}")]
    public static partial void FolderUnusable(ILogger logger, string failure);

    [LoggerMessage(EventId = 17, Level = LogLevel.Information, Message = "--monitors-folder {Folder}: it can be followed again")]
    public static partial void FolderUsable(ILogger logger, string folder);

    [LoggerMessage(EventId = 18, Level = LogLevel.Warning, Message = "Monitor {Monitor}: its iterator failed, and is tried again every 5 seconds: {Failure}")]
    public static partial void WalkFailed(ILogger logger, string monitor, string failure);
}
