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
}
