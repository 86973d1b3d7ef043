using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

    public static readonly Setting<string> Authority = new(
        "clickhouse-authority",
        ValueFormats.ExistingFile,
        "Certificates in PEM of the authorities of which one must have signed that of ClickHouse. Without it, those that the machine trusts.");

    /// <summary>The settings.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Server, PasswordFile, Authority];

    /// <summary>What is wrong with them; null where nothing is.</summary>
    public static SettingsOutcome? Check(SettingValues settings) =>
        settings.TryGet(PasswordFile, out _) && !settings.TryGet(Server, out _)
            ? settings.Refuse(PasswordFile, $"a password for {Server.OptionName}, which is not set")
            : settings.TryGet(Server, out var url) && !url.IsTls && !url.IsOnThisMachine && !settings.Get(ServerSettings.Insecure)
            ? settings.Refuse(
                $"{Server.OptionName} {url} is another machine, and the password and all events would cross the network in clear text. Give "
                + $"an https:// URL, or accept it with {ServerSettings.Insecure.OptionName}.")
            : settings.TryGet(Authority, out _) && !(settings.TryGet(Server, out var server) && server.IsTls)
            ? settings.Refuse(Authority, $"an authority for {Server.OptionName} https://..., which is not set")
            : null;

    /// <summary>The archive that the settings ask for; null for none.</summary>
    /// <exception cref="AccessException">The file of authorities cannot be used.</exception>
    public static ClickHouseArchive? Open(SettingValues settings, EventLog log, TimeProvider time, ILoggerFactory loggers) =>
        settings.TryGet(Server, out var url)
            ? new ClickHouseArchive(
                log,
                new ArchiveOptions
                {
                    Server = url,
                    Password = settings.TryGet(PasswordFile, out var file) ? ReadPassword(file) : "",
                    Authorities = settings.TryGet(Authority, out var authority) ? ReadAuthorities(authority) : null,
                },
                time,
                loggers)
            : null;

    private static X509Certificate2Collection ReadAuthorities(string file)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            return authorities.Count > 0
                ? authorities
                : throw new AccessException($"{file} has no certificate; it must have those of the authorities, in PEM.");
        }
        catch (CryptographicException failure)
        {
            throw new AccessException($"{file} has a certificate that cannot be read: {failure.Message.TrimEnd('.')}.", failure);
        }
    }

    private static string ReadPassword(string file) => File.ReadAllText(file).TrimEnd('\n', '\r');
}
