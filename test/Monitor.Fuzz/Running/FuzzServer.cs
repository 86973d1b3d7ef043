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

/// <summary>Real servers on loopback with events of both types: one that is open, one that asks its readers for tokens, and one
/// that does so with TLS.</summary>
internal sealed class FuzzServer : IAsyncDisposable
{
    /// <summary>The only token that the servers know.</summary>
    public const string Token = "token-of-the-fuzz-test";

    private const ulong Epoch = 0x0123456789abcdef;

    // Longer than a call may take.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ErrorLog _errors = new();
    private readonly ILoggerFactory _loggers;
    private readonly EventLog _log;
    private readonly WebApplication _open;
    private readonly WebApplication _secured;
    private readonly WebApplication _encrypted;

    private FuzzServer()
    {
        _loggers = LoggerFactory.Create(logging =>
        {
            ServerLogging.SetLevels(logging, LogLevel.Information);
            logging.AddProvider(_errors);
        });
        _log = new EventLog(new EventLogOptions { RetentionBytes = 4 << 20, NodeName = "node-1" }, Epoch, TimeProvider.System);
        Fill();
        _open = Build(new AccessOptions());
        _secured = Build(new AccessOptions { ReadersFile = Files.Options.ReadersFile });
        _encrypted = Build(Files.Options);
    }

    /// <summary>What the server with TLS has its certificates and readers from.</summary>
    public TlsFiles Files { get; } = new(Token);

    /// <summary>Where REST with TLS is.</summary>
    public IPEndPoint Https => _encrypted.Services.GetRequiredService<ServerEndPoints>().Http;

    /// <summary>How often a change of a file was taken.</summary>
    public int FilesTaken => _errors.FilesTaken;

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
        await server._encrypted.StartAsync();
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

    /// <summary>Has the server with TLS look at its files, which it does every two seconds.</summary>
    public void Look()
    {
        _encrypted.Services.GetRequiredService<TlsIdentity>().Look();
        _encrypted.Services.GetRequiredService<WatchedFiles<ReadersFile>>().Look();
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
        await ThrowIfTakenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers)
        {
            await server.StopAsync();
            await server.DisposeAsync();
        }

        _log.Dispose();
        _loggers.Dispose();
        Files.Dispose();
        ThrowIfErrorWasLogged();
    }

    // Clients have left: what they may have open at one time has come back, or they could not come again.
    private async Task ThrowIfTakenAsync()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (Taken() is { Length: > 0 } taken)
        {
            if (clock.Elapsed > Patience)
            {
                throw new InvalidOperationException($"still taken after {Patience}: {string.Join(", ", taken)}");
            }

            await Task.Delay(50);
        }
    }

    private string[] Taken() =>
        [
            .. Servers.SelectMany(server => server.Services.GetRequiredService<ClientLimits>().Clients)
                .Where(client => client.Streams > 0 || client.CallsAtWork > 0)
                .Select(client => $"{client.Streams} streams and {client.CallsAtWork} calls of {client.Address}"),
        ];

    private WebApplication[] Servers => [_open, _secured, _encrypted];

    private WebApplication Build(AccessOptions access) =>
        MonitorServer.Build(Options(access), _log, new NoPrograms(), _loggers, new NoAgents(), connections: new NoConnections());

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
}
