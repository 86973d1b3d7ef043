using Microsoft.Extensions.Logging;
using Monitor.Events;
using Monitor.Server;
using Monitor.Server.Settings;

namespace Monitor.History;

/// <summary>How both programs open their history.</summary>
public static class HistoryStart
{
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
        try
        {
            return EventHistory.Open(options, TimeProvider.System, loggers.CreateLogger("Monitor.History"));
        }
        catch (HistoryException refused)
        {
            throw new HistoryException($"{HistorySettings.Folder.OptionName}: {refused.Message}", refused);
        }
    }
}
