using System.Net;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server.Tests.Support;

/// <summary>A real server on loopback, on ports that the system chose. Fails the test where it logs a warning.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const ulong Epoch = 0x0123456789abcdef;

    private readonly TestLogs _logs = new();
    private readonly ILoggerFactory _loggers;
    private readonly List<GrpcChannel> _channels = [];

    private TestServer(MonitorServerOptions options, long retentionBytes, IAgentDirectory? agents, ITokenReviewer? reviewer)
    {
        Log = new EventLog(
            new EventLogOptions { RetentionBytes = retentionBytes, NodeName = "node-1" }, Epoch, TimeProvider.System);
        Source = new EventSource(Log);
        _loggers = LoggerFactory.Create(logging =>
        {
            ServerLogging.SetLevels(logging, LogLevel.Information);
            logging.AddProvider(_logs);
        });
        App = MonitorServer.Build(options, Log, Programs, _loggers, agents, reviewer: reviewer, connections: Connections, metrics: Metrics);
    }

    public EventLog Log { get; }

    public EventSource Source { get; }

    public FakePrograms Programs { get; } = new();

    public FakeConnections Connections { get; } = new();

    public FakeMetrics Metrics { get; } = new();

    public WebApplication App { get; }

    public HttpClient Http { get; private set; } = null!;

    public EventService.EventServiceClient Events { get; private set; } = null!;

    public FlowService.FlowServiceClient Flows { get; private set; } = null!;

    public StatusService.StatusServiceClient Status { get; private set; } = null!;

    public ProgramService.ProgramServiceClient ProgramList { get; private set; } = null!;

    public ServerEndPoints EndPoints => App.Services.GetRequiredService<ServerEndPoints>();

    /// <summary>What it has logged.</summary>
    public IEnumerable<string> LogLines => _logs.Entries.Select(entry => entry.Text);

    /// <summary>Warnings that begin with this are what the test is about.</summary>
    public string? ExpectedWarning { get; set; }

    /// <summary>How many streams the server has open.</summary>
    public int OpenStreams => App.Services.GetRequiredService<Subscribers>().Count;

    public static MonitorServerOptions Options(TimeSpan? heartbeat = null) => new()
    {
        NodeName = "node-1",
        Version = "1.2.3",
        Http = new IPEndPoint(IPAddress.Loopback, 0),
        Grpc = new IPEndPoint(IPAddress.Loopback, 0),
        HeartbeatInterval = heartbeat ?? TimeSpan.FromSeconds(5),
    };

    public static async Task<TestServer> StartAsync(
        MonitorServerOptions? options = null, long retentionBytes = 16 << 20, IAgentDirectory? agents = null, ITokenReviewer? reviewer = null)
    {
        var server = new TestServer(options ?? Options(), retentionBytes, agents, reviewer);
        await server.App.StartAsync();
        server.Http = new HttpClient { BaseAddress = new Uri(server.EndPoints.HttpUrl) };
        var channel = server.OpenChannel();
        server.Events = new EventService.EventServiceClient(channel);
        server.Flows = new FlowService.FlowServiceClient(channel);
        server.Status = new StatusService.StatusServiceClient(channel);
        server.ProgramList = new ProgramService.ProgramServiceClient(channel);
        return server;
    }

    /// <summary>A channel with a connection of its own.</summary>
    public GrpcChannel OpenChannel()
    {
        var channel = GrpcChannel.ForAddress("http://" + EndPoints.GrpcTarget, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true },
            DisposeHttpClient = true,
        });
        _channels.Add(channel);
        return channel;
    }

    /// <summary>Waits until something holds; fails the test where it does not within 10 seconds.</summary>
    public static async Task WaitUntilAsync(Func<bool> condition, string what)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)), $"Waited in vain until {what}.");
            await Task.Delay(5);
        }
    }

    /// <summary>Waits until the server has no stream open.</summary>
    public async Task WaitUntilClosedAsync()
    {
        try
        {
            await WaitUntilAsync(() => OpenStreams == 0, "all streams had closed");
        }
        finally
        {
            if (OpenStreams > 0)
            {
                await TestContext.Progress.WriteLineAsync($"{OpenStreams} streams are still open.");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        Http?.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
        Log.Dispose();
        _loggers.Dispose();
        Assert.That(_logs.Entries.Where(entry => entry.Level >= LogLevel.Warning).Select(entry => entry.Text).Where(text => ExpectedWarning is null || !text.StartsWith(ExpectedWarning, StringComparison.Ordinal)), Is.Empty);
    }
}
