using Microsoft.Extensions.Logging;

namespace Monitor.Agent;

internal static partial class AgentLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "The thread that reads events has ended; no event arrives any more")]
    public static partial void ReaderFailed(ILogger logger, Exception failure);

    [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "{Text}")]
    public static partial void Libbpf(ILogger logger, string text);
}
