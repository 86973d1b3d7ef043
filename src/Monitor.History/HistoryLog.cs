using Microsoft.Extensions.Logging;

namespace Monitor.History;

/// <summary>The messages of the history.</summary>
internal static partial class HistoryLog
{
    [LoggerMessage(LogLevel.Information, "history in {Folder}: {Events} events since {Oldest}, {Bytes} bytes")]
    public static partial void Opened(ILogger logger, string folder, long events, string oldest, long bytes);

    [LoggerMessage(LogLevel.Error, "history: {File} is damaged: {Reason}. {Consequence}")]
    public static partial void Damaged(ILogger logger, string file, string reason, string consequence);

    [LoggerMessage(LogLevel.Error, "history: {Folder} cannot be used: {Reason}. Events are served from memory until the next start")]
    public static partial void Unusable(ILogger logger, string folder, string reason);

    [LoggerMessage(LogLevel.Error, "history: events are not stored: {Reason}. They are served from memory; trying again every {Seconds} s")]
    public static partial void Failing(ILogger logger, string reason, double seconds);

    [LoggerMessage(LogLevel.Information, "history: events are stored again. {Missed} left memory before they could be stored, since the start")]
    public static partial void Recovered(ILogger logger, long missed);

    [LoggerMessage(LogLevel.Debug, "history: removed {File}, which was the oldest")]
    public static partial void Removed(ILogger logger, string file);

    /// <summary>What went wrong, to go on after. SQLite ends its messages with a full stop.</summary>
    public static string ReasonOf(Exception failure) => failure.Message.TrimEnd('.');
}
