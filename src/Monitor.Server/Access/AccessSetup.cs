using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Monitor.Server;

/// <summary>What decides about access, as services of the server.</summary>
internal static class AccessSetup
{
    public static void AddServices(IServiceCollection services, MonitorServerOptions options, ITokenReviewer? reviewer, TlsIdentity? tls)
    {
        var access = options.Access;
        services.AddSingleton(access);
        services.AddSingleton<Refusals>();
        if (tls is not null)
        {
            services.AddSingleton(tls);
        }
        else if (access.HasTls)
        {
            services.AddSingleton(provider => new TlsIdentity(access, options.Time, LoggerOf(provider)));
        }

        if (access.ReadersFile is { } file)
        {
            services.AddSingleton(provider => new WatchedFiles<ReadersFile>(
                [file], content => ReadersFile.Parse(file, content[0]), options.Time, LoggerOf(provider)));
        }

        services.AddSingleton(provider => new Authenticator(
            access,
            provider.GetService<TlsIdentity>(),
            provider.GetService<WatchedFiles<ReadersFile>>(),
            access.AcceptsServiceAccounts
                ? reviewer ?? throw new ArgumentNullException(nameof(reviewer), "service accounts are accepted")
                : null));
        services.AddSingleton<AccessHealth>();
    }

    /// <summary>Reads the files.</summary>
    /// <exception cref="AccessException">One cannot be used.</exception>
    public static void Load(IServiceProvider services) => services.GetRequiredService<Authenticator>();

    private static ILogger LoggerOf(IServiceProvider provider) =>
        provider.GetRequiredService<ILoggerFactory>().CreateLogger("Monitor.Server.Access");
}
