using Microsoft.Extensions.Logging;
using Monitor.Events;
using Monitor.Server;
using Monitor.Server.Settings;

namespace Monitor.History;

/// <summary>How both programs open their history.</summary>
public static class HistoryStart
{
    // EROFS, which .NET has no exception of its own for.
    private const int ReadOnlyFileSystem = 30;

    /// <summary>Opens the one that the settings ask for.</summary>
    /// <exception cref="HistoryException">It cannot be used; the message names the setting.</exception>
    public static IEventHistory Open(SettingValues settings, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(loggers);
        var options = new HistoryOptions
        {
            Folder = settings.Get(HistorySettings.Folder),
            MaxBytes = settings.Get(HistorySettings.Size),
            MaxAge = settings.Get(HistorySettings.Age),
        };
        var logger = loggers.CreateLogger("Monitor.History");
        try
        {
            return EventHistory.Open(options, TimeProvider.System, logger);
        }
        catch (HistoryException readOnly) when (readOnly.InnerException is IOException { HResult: ReadOnlyFileSystem } failure)
        {
            HistoryLog.Unusable(logger, options.Folder, failure.Message);
            return new UnusableHistory(options, failure.Message);
        }
        catch (HistoryException refused)
        {
            throw new HistoryException($"{HistorySettings.Folder.OptionName}: {refused.Message}", refused);
        }
    }
}
