using System.Net;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Grpc.Reflection.Tests;

/// <summary>
/// The real server on a free loopback port, HTTP/2 in cleartext, with the library and reflection mapped.
/// </summary>
internal sealed class ReflectionServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private ReflectionServer(WebApplication application) => _application = application;

    public string Address => _application.Urls.Single();

    public static async Task<ReflectionServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddGrpcReflection();
        var application = builder.Build();
        application.MapGrpcReflectionService();
        // After reflection: what is mapped later is described too.
        application.MapGrpcService<LibraryService>();
        await application.StartAsync();
        return new ReflectionServer(application);
    }

    /// <summary>A channel to the server; the caller disposes of it.</summary>
    public GrpcChannel OpenChannel() => GrpcChannel.ForAddress(
        Address, new GrpcChannelOptions { MaxReceiveMessageSize = 16 * 1024 * 1024 });

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
