using System.Net;
using System.Threading.Channels;
using Grpc.AspNetCore.Server;
using Grpc.Contract.Tests.Protos;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Grpc.Contract.Tests.Calls;

/// <summary>The real server on a free loopback port, HTTP/2 in cleartext, and real clients of it.</summary>
internal sealed class ProbeServer : IAsyncDisposable
{
    private static readonly TimeSpan SeenTimeout = TimeSpan.FromSeconds(20);

    private readonly WebApplication _application;
    private readonly Channel<SeenCall> _seen;
    private readonly List<GrpcChannel> _channels = [];

    private ProbeServer(WebApplication application, Channel<SeenCall> seen)
    {
        _application = application;
        _seen = seen;
    }

    public static async Task<ProbeServer> StartAsync(Action<GrpcServiceOptions>? configure = null)
    {
        var seen = Channel.CreateUnbounded<SeenCall>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(seen);
        builder.Services.AddGrpc(configure ?? (_ => { }));
        var application = builder.Build();
        application.MapGrpcService<ProbeService>();
        await application.StartAsync();
        return new ProbeServer(application, seen);
    }

    /// <summary>A channel to the server, disposed of with it.</summary>
    public GrpcChannel OpenChannel(GrpcChannelOptions? options = null)
    {
        var channel = GrpcChannel.ForAddress(_application.Urls.Single(), options ?? new GrpcChannelOptions());
        _channels.Add(channel);
        return channel;
    }

    public Probe.ProbeClient OpenClient(GrpcChannelOptions? options = null) => new(OpenChannel(options));

    /// <summary>The next call that the service noted; waits for it.</summary>
    public async Task<SeenCall> NextSeenAsync()
    {
        using var timeout = new CancellationTokenSource(SeenTimeout);
        return await _seen.Reader.ReadAsync(timeout.Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        await _application.DisposeAsync();
    }
}
