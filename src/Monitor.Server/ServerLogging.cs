using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Monitor.Server;

/// <summary>How the product logs: one line per message, on standard error.</summary>
public static class ServerLogging
{
    /// <summary>Sets a logging builder up: our own categories from <paramref name="level"/> on, those of the web
    /// server and of gRPC from Warning on, or from Debug on where that is asked for.</summary>
    public static void Configure(ILoggingBuilder logging, LogLevel level)
    {
        ArgumentNullException.ThrowIfNull(logging);
        SetLevels(logging, level);
        logging.AddConsole(console =>
        {
            console.FormatterName = OneLineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
        });
        logging.AddConsoleFormatter<OneLineFormatter, ConsoleFormatterOptions>();
    }

    /// <summary>A factory for what logs before there is a server, and beside it. The caller disposes of it, which
    /// writes what is queued.</summary>
    public static ILoggerFactory CreateFactory(LogLevel level) =>
        LoggerFactory.Create(logging => Configure(logging, level));

    internal static void SetLevels(ILoggingBuilder logging, LogLevel level)
    {
        logging.SetMinimumLevel(level);
        if (level > LogLevel.Debug)
        {
            var theirs = (LogLevel)Math.Max((int)level, (int)LogLevel.Warning);
            logging.AddFilter("Microsoft", theirs);
            logging.AddFilter("System", theirs);
            logging.AddFilter("Grpc", theirs);
        }

        // It logs an error each time that a check finds the server unhealthy, which is every other second. What is wrong
        // was logged when it happened, and /health has it.
        logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);

        // A server that cannot start throws, and the program reports that once.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
    }
}
