using System.Net;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Grpc.HealthCheck.Tests;

/// <summary>The real server on a free loopback port, HTTP/2 in cleartext, and a real client of it.</summary>
internal sealed class HealthServer : IAsyncDisposable
{
    // Longer than a test may take: a stop that waits for it is a stop that does not end by itself.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromMinutes(2);

    private readonly WebApplication _application;
    private readonly GrpcChannel _channel;

    private HealthServer(WebApplication application)
    {
        _application = application;
        _channel = GrpcChannel.ForAddress(application.Urls.Single());
        Client = new Health.V1.Health.HealthClient(_channel);
    }

    public Health.V1.Health.HealthClient Client { get; }

    public IServiceProvider Services => _application.Services;

    public static async Task<HealthServer> StartAsync(
        Action<IServiceCollection> register, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddGrpc();
        register(builder.Services);
        var application = builder.Build();
        map(application);
        await application.StartAsync();
        return new HealthServer(application);
    }

    /// <summary>Stops the server gracefully, which waits for the calls that still run.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _application.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _application.DisposeAsync();
    }
}
