using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monitor.Events;
using Monitor.Fuzz.Inputs;
using Monitor.Protocol;
using Monitor.Server;

namespace Monitor.Fuzz.Running;

/// <summary>A real server on loopback with events of both types, and another that asks its readers for tokens.</summary>
internal sealed class FuzzServer : IAsyncDisposable
{
    /// <summary>The only token that the second server knows.</summary>
    public const string Token = "token-of-the-fuzz-test";

    private const ulong Epoch = 0x0123456789abcdef;

    // The web server's own words for connections that it closed because of what their clients do.
    private const string Expected = "Microsoft.AspNetCore.Server.Kestrel.Http2: ";

    private readonly ErrorLog _errors = new();
    private readonly string _readers = Path.GetTempFileName();
    private readonly ILoggerFactory _loggers;
    private readonly EventLog _log;
    private readonly WebApplication _open;
    private readonly WebApplication _secured;

    private FuzzServer()
    {
        _loggers = LoggerFactory.Create(logging =>
        {
            ServerLogging.SetLevels(logging, LogLevel.Information);
            logging.AddProvider(_errors);
        });
        _log = new EventLog(new EventLogOptions { RetentionBytes = 4 << 20, NodeName = "node-1" }, Epoch, TimeProvider.System);
        Fill();
        File.WriteAllText(
            _readers,
            $$"""{"readers": [{"name": "fuzz", "role": "events", "token_sha256": "{{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Token)))}}"}]}""");
        _open = MonitorServer.Build(Options(new AccessOptions()), _log, new NoPrograms(), _loggers, new NoAgents(), connections: new NoConnections());
        _secured = MonitorServer.Build(Options(new AccessOptions { ReadersFile = _readers }), _log, new NoPrograms(), _loggers, new NoAgents(), connections: new NoConnections());
    }

    /// <summary>Where REST is, with a token and without.</summary>
    public IPEndPoint Http(bool secured) => EndPoints(secured).Http;

    /// <summary>Where gRPC is.</summary>
    public IPEndPoint Grpc(bool secured) => EndPoints(secured).Grpc;

    /// <summary>The paths of all routes.</summary>
    public IReadOnlyList<string> Paths { get; private set; } = [];

    /// <summary>The token of the log's beginning.</summary>
    public string ResumeToken { get; } = new ResumeToken(Epoch, 10, 10, []).ToString();

    public static async Task<FuzzServer> StartAsync()
    {
        var server = new FuzzServer();
        await server._open.StartAsync();
        await server._secured.StartAsync();
        server.Paths =
        [
            .. server._open.Services.GetRequiredService<EndpointDataSource>().Endpoints
                .OfType<RouteEndpoint>()
                .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))
                .Concat(["/", "*", "/nonsense", "http://localhost/health"])
                .Distinct(),
        ];
        return server;
    }

    /// <exception cref="InvalidOperationException">Something was logged as an error.</exception>
    public void ThrowIfErrorWasLogged()
    {
        if (_errors.First is { } error)
        {
            throw new InvalidOperationException($"logged: {error}");
        }
    }

    /// <summary>Asks for what a polite client asks for.</summary>
    public async Task ThrowUnlessItWorksAsync()
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://{Http(secured: false)}"), Timeout = TimeSpan.FromSeconds(30) };
        var events = await client.GetStringAsync("/api/events?limit=10");
        if (!events.Contains("\"count\":10", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"a list of ten events is {events}");
        }

        ThrowIfErrorWasLogged();
    }

    public async ValueTask DisposeAsync()
    {
        await _open.StopAsync();
        await _secured.StopAsync();
        await _open.DisposeAsync();
        await _secured.DisposeAsync();
        _log.Dispose();
        _loggers.Dispose();
        File.Delete(_readers);
        ThrowIfErrorWasLogged();
    }

    private static MonitorServerOptions Options(AccessOptions access) => new()
    {
        NodeName = "node-1",
        Access = access,
        // So short that what is incomplete comes to its end within a case.
        RequestHeadersTimeout = TimeSpan.FromSeconds(1),
        IdleTimeout = TimeSpan.FromSeconds(1),
        BodyGrace = TimeSpan.FromSeconds(1.1),
        // One address sends everything; the limits on it have tests of their own.
        Clients = new ClientLimitOptions { MaxConnections = 10_000, MaxRequestsPerSecond = 1_000_000, CallTimeout = TimeSpan.FromSeconds(10) },
    };

    private ServerEndPoints EndPoints(bool secured) => (secured ? _secured : _open).Services.GetRequiredService<ServerEndPoints>();

    private void Fill()
    {
        for (var i = 0; i < 100; i++)
        {
            var sequence = _log.NextSequence;
            var bytes = SampleEvents.Make(Epoch, sequence, "node-1").ToByteArray();
            if (!EventColumns.TryParse(bytes, _log.Types, out var columns) || !_log.Append(columns, bytes))
            {
                throw new InvalidOperationException("The log refused an event.");
            }
        }

        _log.Publish();
    }

    private sealed class NoPrograms : IProgramDirectory
    {
        public ValueTask<IReadOnlyList<Monitor.V1.Program>> GetProgramsAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyList<Monitor.V1.Program>>([]);
    }

    private sealed class NoAgents : IAgentDirectory
    {
        public long Version => 0;

        public DateTimeOffset Watermark => DateTimeOffset.UtcNow;

        public IReadOnlyList<Monitor.V1.Agent> GetAgents() => [];

        public ClockEstimate? ClockOf(string nodeName) => null;
    }

    private sealed class NoConnections : IConnectionDirectory
    {
        public Task<ConnectionPage> ListAsync(ConnectionQuery query, CancellationToken cancellationToken) =>
            Task.FromResult(new ConnectionPage(query));
    }

    /// <summary>Keeps the first error.</summary>
    private sealed class ErrorLog : ILoggerProvider
    {
        private string? _first;

        public string? First => Volatile.Read(ref _first);

        public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

        public void Dispose()
        {
        }

        private sealed class Logger(ErrorLog log, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

            public void Log<TState>(
                LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                var text = $"{category}: {formatter(state, exception)} {exception}";
                if (logLevel >= LogLevel.Error && !text.StartsWith(Expected, StringComparison.Ordinal))
                {
                    Interlocked.CompareExchange(ref log._first, text, null);
                }
            }
        }
    }
}
