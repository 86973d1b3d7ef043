using System.Net;
using Monitor.Server.Settings;

namespace Monitor.Server;

/// <summary>What the settings say of access, and whether that is safe.</summary>
internal static class AccessSettings
{
    public static AccessOptions OptionsOf(SettingValues settings, ServerSettings server) => new()
    {
        CertificateFile = settings.TryGet(ServerSettings.TlsCertificate, out var certificate) ? certificate : null,
        KeyFile = settings.TryGet(ServerSettings.TlsKey, out var key) ? key : null,
        AuthorityFile = settings.TryGet(ServerSettings.TlsAuthority, out var authority) ? authority : null,
        ReadersFile = settings.TryGet(ServerSettings.Readers, out var readers) ? readers : null,
        AggregatorName = server == ServerSettings.Agent ? settings.Get(ServerSettings.AggregatorName) : null,
        AcceptsServiceAccounts = settings.Get(ServerSettings.ServiceAccountReaders),
        IsHealthOpen = settings.TryGet(ServerSettings.Open, out var open) && open.Contains("health"),
        AreMetricsOpen = open?.Contains("metrics") == true,
        IsInsecure = settings.Get(ServerSettings.Insecure),
    };

    /// <summary>Refuses settings that contradict each other, or leave something open that nobody asked to be.</summary>
    public static SettingsOutcome? Check(SettingValues settings, ServerSettings server)
    {
        var access = OptionsOf(settings, server);
        if (access.CertificateFile is null != access.KeyFile is null)
        {
            return settings.Refuse(
                $"{ServerSettings.TlsCertificate.OptionName} and {ServerSettings.TlsKey.OptionName} belong together: give both, or neither.");
        }

        if (access is { AuthorityFile: not null, HasTls: false })
        {
            return settings.Refuse(
                $"{ServerSettings.TlsAuthority.OptionName} needs a certificate of this program too: give "
                + $"{ServerSettings.TlsCertificate.OptionName} and {ServerSettings.TlsKey.OptionName}.");
        }

        if (access.AcceptsServiceAccounts && !ServerSettings.UsesKubernetes(settings))
        {
            return settings.Refuse(
                ServerSettings.ServiceAccountReaders,
                $"a cluster; run in a pod with a service account, or give {ServerSettings.Kubeconfig.OptionName}");
        }

        var beyond = new[] { server.Http, server.Grpc }.Where(setting => !IPAddress.IsLoopback(settings.Get(setting).Address)).ToList();
        return beyond.Count == 0 || access.IsInsecure ? null
            : !access.HasTls ? settings.Refuse(
                $"{beyond[0].OptionName} {settings.Get(beyond[0])} is reached from other machines, which would read every event in clear "
                + $"text. Give {ServerSettings.TlsCertificate.OptionName} and {ServerSettings.TlsKey.OptionName}, and readers with "
                + $"{ServerSettings.TlsAuthority.OptionName} or {ServerSettings.Readers.OptionName}; or listen on 127.0.0.1; or accept it "
                + $"with {ServerSettings.Insecure.OptionName}.")
            : !access.RequiresReaders ? settings.Refuse(
                $"{beyond[0].OptionName} {settings.Get(beyond[0])} is reached from other machines, and nothing says who may read. Give "
                + $"{ServerSettings.TlsAuthority.OptionName} or {ServerSettings.Readers.OptionName}"
                + (server == ServerSettings.Aggregator ? $" or {ServerSettings.ServiceAccountReaders.OptionName}" : "") + $"; or accept that everyone may with {ServerSettings.Insecure.OptionName}.")
            : null;
    }

    /// <summary>One line for the start report.</summary>
    public static string Describe(AccessOptions access)
    {
        if (!access.RequiresReaders)
        {
            return access.IsInsecure ? "access: INSECURE, everyone who reaches the ports reads every event" : "access: this machine only, without a credential";
        }

        string?[] credentials =
        [
            access.AuthorityFile is null ? null : "certificates",
            access.ReadersFile is null ? null : "tokens",
            access.AcceptsServiceAccounts ? "service accounts" : null,
        ];
        return $"access: {(access.HasTls ? "TLS" : "clear text")}, {string.Join(", ", credentials.OfType<string>())}"
            + (access.IsHealthOpen ? "; the state of health for everyone" : "")
            + (access.AreMetricsOpen ? "; metrics for everyone" : "");
    }
}
