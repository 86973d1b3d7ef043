using Monitor.Server.Settings;

namespace Monitor.Server;

/// <summary>The settings of both programs for events that outlive memory.</summary>
public static class HistorySettings
{
    // What the least file needs sixteen times, and more than any disk has.
    private const long MinBytes = 16L << 20;
    private const long MaxBytes = 64L << 40;

    /// <summary><c>history</c>.</summary>
    public static Setting<string> Folder { get; } = new(
        "history",
        ValueFormats.Folder,
        "Keep events in this folder too, beyond memory and restarts. Lists, streams and resume tokens reach back into it. Made "
        + "where it is not there; for one program at a time.");

    /// <summary><c>history-size</c>, in bytes.</summary>
    public static Setting<long> Size { get; } = new(
        "history-size",
        ValueFormats.Size(MinBytes, MaxBytes),
        "Room of the history on disk; the oldest events leave when it is full. 10GiB hold about 180 million events.",
        "10GiB");

    /// <summary><c>history-age</c>.</summary>
    public static Setting<TimeSpan> Age { get; } = new(
        "history-age",
        ValueFormats.Age,
        "How old the events of the history become.",
        "7d");

    /// <summary>All of them, in the order of the help.</summary>
    internal static IReadOnlyList<Setting> All { get; } = [Folder, Size, Age];

    /// <summary>The folder, made where it is not there: so that a restriction of files can allow it. Null without a
    /// history.</summary>
    public static string? MakeFolder(SettingValues settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (!settings.TryGet(Folder, out var folder))
        {
            return null;
        }

        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Opening the history says so, with the remedy.
        }

        return folder;
    }
}
