using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monitor.Events;
using Monitor.Server;
using Monitor.Server.Tests.Support;

namespace Monitor.Browser.Tests;

/// <summary>A real server on loopback, with events that no kernel made.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private readonly EventLog _log = new(new EventLogOptions { NodeName = "node-1" }, epoch: 1, TimeProvider.System);
    private readonly ILoggerFactory _loggers = LoggerFactory.Create(_ => { });
    private readonly WebApplication _app;

    private LocalServer()
    {
        var options = new MonitorServerOptions
        {
            NodeName = "node-1",
            Version = "1.2.3",
            Http = new IPEndPoint(IPAddress.Loopback, 0),
            Grpc = new IPEndPoint(IPAddress.Loopback, 0),
        };
        _app = MonitorServer.Build(options, _log, new FakePrograms(), _loggers);
        new EventSource(_log).Append(5);
    }

    /// <summary>Its address under the name that only the browser knows.</summary>
    public string Origin => $"http://{Chromium.Host}:{_app.Services.GetRequiredService<ServerEndPoints>().Http.Port}";

    public static async Task<LocalServer> StartAsync()
    {
        var server = new LocalServer();
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _log.Dispose();
        _loggers.Dispose();
    }
}
