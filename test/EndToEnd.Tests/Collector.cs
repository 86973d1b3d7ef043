using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace EndToEnd.Tests;

/// <summary>Takes metrics as a collector of OpenTelemetry does, and keeps the bytes.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly ConcurrentQueue<(string Path, string Body)> _requests = [];
    private readonly WebApplication _app;
    private readonly bool _isGrpc;

    private Collector(WebApplication app, bool isGrpc)
    {
        _app = app;
        _isGrpc = isGrpc;
        app.Run(TakeAsync);
    }

    /// <summary>Where it listens.</summary>
    public string Url => _app.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    /// <summary>The path for metrics in its protocol.</summary>
    public string Path => _isGrpc ? "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" : "/v1/metrics";

    /// <summary>The paths of the requests that came.</summary>
    public IEnumerable<string> Paths => _requests.Select(request => request.Path).Distinct();

    /// <summary>What came, as far as it is text.</summary>
    public string Received => string.Concat(_requests.Select(request => request.Body));

    public static async Task<Collector> StartAsync(bool isGrpc, X509Certificate2? certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, port =>
        {
            port.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1;
            if (certificate is not null)
            {
                port.UseHttps(certificate);
            }
        }));
        var collector = new Collector(builder.Build(), isGrpc);
        await collector._app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _requests.Enqueue((context.Request.Path, Encoding.UTF8.GetString(body.ToArray())));
        if (_isGrpc)
        {
            // An empty message: flags and length.
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
    }
}
