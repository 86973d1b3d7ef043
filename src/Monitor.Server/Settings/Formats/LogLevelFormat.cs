using Microsoft.Extensions.Logging;

namespace Monitor.Server.Settings;

internal sealed class LogLevelFormat : ValueFormat<LogLevel>
{
    public override string ValueName => "LEVEL";

    public override string Expected => "trace, debug, information, warning, error, critical or none";

    public override bool TryParse(string text, out LogLevel value)
    {
        LogLevel? level = text.ToLowerInvariant() switch
        {
            "trace" => LogLevel.Trace,
            "debug" => LogLevel.Debug,
            "information" or "info" => LogLevel.Information,
            "warning" or "warn" => LogLevel.Warning,
            "error" => LogLevel.Error,
            "critical" => LogLevel.Critical,
            "none" => LogLevel.None,
            _ => null,
        };
        value = level ?? LogLevel.Information;
        return level is not null;
    }
}
