using Microsoft.Extensions.Logging;

namespace Monitor.Fuzz.Running;

/// <summary>Keeps the first error that is logged. Any thread.</summary>
internal sealed class ErrorLog : ILoggerProvider
{
    // The web server's own words for connections that it closed because of what their clients do.
    private const string Expected = "Microsoft.AspNetCore.Server.Kestrel.Http2: ";

    private string? _first;
    private int _filesTaken;

    public string? First => Volatile.Read(ref _first);

    /// <summary>How often a file that had changed was taken.</summary>
    public int FilesTaken => Volatile.Read(ref _filesTaken);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(ErrorLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == "FileTaken")
            {
                Interlocked.Increment(ref log._filesTaken);
            }

            if (logLevel < LogLevel.Error)
            {
                return;
            }

            var text = $"{category}: {formatter(state, exception)} {exception}";
            if (!text.StartsWith(Expected, StringComparison.Ordinal))
            {
                Interlocked.CompareExchange(ref log._first, text, null);
            }
        }
    }
}
