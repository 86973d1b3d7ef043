using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>
/// Time in UTC, level, the last part of the category, message: <c>2026-01-02T03:04:05.678Z info EventLog ...</c>. An
/// exception follows as its type and message, at Error and above whole, its further lines indented. From Warning on, what
/// clients can provoke is limited, see <see cref="LogLimit"/>.
/// </summary>
internal sealed class OneLineFormatter(LogLimit limit) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "one-line";

    public OneLineFormatter()
        : this(new LogLimit(TimeProvider.System))
    {
    }

    public override void Write<TState>(
        in LogEntry<TState> logEntry,
        IExternalScopeProvider? scopeProvider,
        TextWriter textWriter)
    {
        var note = "";
        if (logEntry.LogLevel >= LogLevel.Warning && !limit.Allows(logEntry.Category, logEntry.EventId.Id, out note))
        {
            // The console writes nothing where the formatter wrote nothing.
            return;
        }

        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write(DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        textWriter.Write(' ');
        textWriter.Write(LevelName(logEntry.LogLevel));
        textWriter.Write(' ');
        textWriter.Write(logEntry.Category.AsSpan(logEntry.Category.LastIndexOf('.') + 1));
        textWriter.Write(": ");
        textWriter.Write(OneLine(message));
        textWriter.Write(note);
        if (logEntry.Exception is { } exception)
        {
            // An error is unexpected, so its stack trace matters.
            textWriter.Write(logEntry.LogLevel >= LogLevel.Error
                ? OneLine($": {exception}")
                : OneLine($": {exception.GetType().Name}: {exception.Message}"));
        }

        textWriter.Write('\n');
    }

    private static string OneLine(string text) => MessageText.Printable(text.ReplaceLineEndings("\n  "));

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
