using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Monitor.ClickHouse;
using Monitor.Events;
using Monitor.Server;
using Monitor.Server.Settings;

namespace Monitor.Aggregator;

/// <summary>The settings of the archive in ClickHouse.</summary>
internal static class ArchiveSettings
{
    public static readonly Setting<ArchiveUrl> Server = new(
        "clickhouse",
        new ValueFormat<ArchiveUrl>(
            "URL",
            ArchiveUrl.Expected,
            static (string text, [MaybeNullWhen(false)] out ArchiveUrl value) => ArchiveUrl.TryParse(text, out value)),
        "A database of ClickHouse to write all events to, for as long as its tables keep them. deploy/clickhouse/schema.sql makes the tables.");

    public static readonly Setting<string> PasswordFile = new(
        "clickhouse-password-file",
        ValueFormats.ExistingFile,
        "A file with the password of the user that the URL of ClickHouse names. A line feed at its end does not count.");

    /// <summary>What is wrong with them; null where nothing is.</summary>
    public static SettingsOutcome? Check(SettingValues settings) =>
        settings.TryGet(PasswordFile, out _) && !settings.TryGet(Server, out _)
            ? settings.Refuse(PasswordFile, $"a password for {Server.OptionName}, which is not set")
            : settings.TryGet(Server, out var url) && !url.IsTls && !url.IsOnThisMachine && !settings.Get(ServerSettings.Insecure)
            ? settings.Refuse(
                $"{Server.OptionName} {url} is another machine, and the password and all events would cross the network in clear text. Give "
                + $"an https:// URL, or accept it with {ServerSettings.Insecure.OptionName}.")
            : null;

    /// <summary>The archive that the settings ask for; null for none.</summary>
    public static ClickHouseArchive? Open(SettingValues settings, EventLog log, TimeProvider time, ILoggerFactory loggers) =>
        settings.TryGet(Server, out var url)
            ? new ClickHouseArchive(
                log,
                new ArchiveOptions { Server = url, Password = settings.TryGet(PasswordFile, out var file) ? ReadPassword(file) : "" },
                time,
                loggers)
            : null;

    private static string ReadPassword(string file) => File.ReadAllText(file).TrimEnd('\n', '\r');
}
