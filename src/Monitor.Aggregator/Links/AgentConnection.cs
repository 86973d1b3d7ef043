using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Monitor.Aggregator.Discovery;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

/// <summary>
/// One connection to an agent, made by its first call. Attempts share nothing, so disposing of it closes everything.
/// </summary>
internal sealed class AgentConnection : IDisposable
{
    // An agent sends at most 256 KiB of events, or one event of 64 KiB more, and losses, a few dozen bytes each.
    public const int MaxMessageBytes = 1 << 20;

    // What a client of gRPC takes by default, and so the most that an agent makes of a list.
    private const int MaxListBytes = 4 << 20;

    // How much an agent may send ahead of what was read: the most that waits here, beside the one message that is being
    // read. A thousand agents that all have much to send then take 256 MiB. It limits a link to 256 KiB for each round
    // trip: with one of 20 ms, to 13 MB, some 70 000 events, per second.
    private const int WindowBytes = 256 << 10;

    // What an answer may take in memory: several times what those of an agent take. Programs are kept, of each agent.
    private static readonly Method<GetHealthRequest, GetHealthResponse> Health = AgentAnswer.Method<GetHealthRequest, GetHealthResponse>(
        StatusService.Descriptor.FindMethodByName("GetHealth"), 1 << 20);

    private static readonly Method<ListProgramsRequest, ListProgramsResponse> Programs =
        AgentAnswer.Method<ListProgramsRequest, ListProgramsResponse>(ProgramService.Descriptor.FindMethodByName("ListPrograms"), 4 << 20);

    private const int ConnectionsCost = 48 << 20;

    // Beside the connections that were asked for: two of one place are both on a page, and some notes.
    private const int BesideConnections = 32;

    private static readonly Method<GetMonitorMetricsRequest, GetMonitorMetricsResponse> MonitorMetrics =
        AgentAnswer.Method<GetMonitorMetricsRequest, GetMonitorMetricsResponse>(
            MonitorService.Descriptor.FindMethodByName("GetMonitorMetrics"), 16 << 20);

    private readonly LinkOptions _options;
    private readonly TimeProvider _time;
    private readonly GrpcChannel _channel;
    private readonly GrpcChannel _lists;
    private readonly ProgramService.ProgramServiceClient _programs;
    private volatile ShownCertificate? _shown;

    public AgentConnection(AgentAddress address, LinkOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        var uri = address.UriWith(tls: options.Tls is not null);
        var handler = new SocketsHttpHandler
        {
            // Agents are reached directly, whatever the variables for browsers say.
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.ConnectTimeout,
            ConnectCallback = ConnectAsync,
            SslOptions = options.Tls is { } tls ? SslOptions(tls) : new SslClientAuthenticationOptions(),
            InitialHttp2StreamWindowSize = WindowBytes,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            KeepAlivePingDelay = options.KeepAliveDelay,
            KeepAlivePingTimeout = options.KeepAliveTimeout,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        };
        _channel = GrpcChannel.ForAddress(uri, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxMessageBytes,
        });
        // The same connection; only the limit of a message differs.
        _lists = GrpcChannel.ForAddress(uri, new GrpcChannelOptions { HttpHandler = handler, MaxReceiveMessageSize = MaxListBytes });
        _programs = new ProgramService.ProgramServiceClient(_channel);
    }

    /// <summary>Why the agent's certificate is not accepted any more, on a connection that it opened; null where it is.</summary>
    public string? Distrust => _shown is { } shown ? _options.Tls!.ProblemOfServer(shown, _options.AgentName) : null;

    /// <summary>Asks who and how it is.</summary>
    public async Task<HealthAnswer> GetHealthAsync(CancellationToken cancellationToken)
    {
        var asked = _time.GetUtcNow();
        var start = _time.GetTimestamp();
        var health = await CallAsync(_channel, Health, new GetHealthRequest(), cancellationToken);
        return new HealthAnswer(health, asked, _time.GetElapsedTime(start));
    }

    /// <summary>Asks for its programs.</summary>
    public Task<ListProgramsResponse> ListProgramsAsync(CancellationToken cancellationToken) =>
        CallAsync(_channel, Programs, new ListProgramsRequest(), cancellationToken);

    /// <summary>Asks for its open connections.</summary>
    public Task<ListOpenConnectionsResponse> ListOpenConnectionsAsync(
        ListOpenConnectionsRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            _lists,
            AgentAnswer.Method<ListOpenConnectionsRequest, ListOpenConnectionsResponse>(
                ConnectionService.Descriptor.FindMethodByName("ListOpenConnections"), ConnectionsCost, request.Limit + BesideConnections),
            request,
            cancellationToken);

    /// <summary>Asks for what a monitor of the user's own counts.</summary>
    public Task<GetMonitorMetricsResponse> GetMonitorMetricsAsync(string name, CancellationToken cancellationToken) =>
        CallAsync(_lists, MonitorMetrics, new GetMonitorMetricsRequest { Name = name }, cancellationToken);

    /// <summary>Asks for programs that run on demand.</summary>
    /// <param name="names">Their names; all where there is none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task DemandProgramsAsync(IEnumerable<string> names, CancellationToken cancellationToken) =>
        await _programs.DemandProgramsAsync(new DemandProgramsRequest { Name = { names } }, Limited(cancellationToken));

    /// <summary>Opens the stream of events; each message is read into the batch.</summary>
    public AsyncServerStreamingCall<AgentBatch> StreamEvents(
        StreamEventsRequest request, AgentBatch batch, CancellationToken cancellationToken) =>
        _channel.CreateCallInvoker().AsyncServerStreamingCall(
            batch.StreamMethod(), null, new CallOptions(cancellationToken: cancellationToken), request);

    /// <summary>Closes the connection, and with it whatever call is open.</summary>
    public void Dispose()
    {
        _lists.Dispose();
        _channel.Dispose();
    }

    // The default connects in the same way, but the channel, which can balance loads, then wraps the connection and
    // polls it every few seconds.
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            if (_options is { Tls: null, AllowsClearText: false } && socket.RemoteEndPoint is IPEndPoint { Address: var there } && !IsLoopback(there))
            {
                throw new ClearTextException(there);
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsLoopback(IPAddress address) =>
        IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private SslClientAuthenticationOptions SslOptions(TlsIdentity tls) => new()
    {
        ClientCertificateContext = tls.Certificate,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateChainPolicy = tls.PolicyOfServers(),
        // By the agents' common name and not by the address: pods have a new one each time.
        RemoteCertificateValidationCallback = (_, certificate, chain, _) => (_shown = Accepted(tls, certificate, chain)) is not null,
    };

    private ShownCertificate Accepted(TlsIdentity tls, X509Certificate? certificate, X509Chain? chain)
    {
        var shown = tls.RememberServer(certificate ?? throw new AuthenticationException("it showed no certificate"), chain);
        return tls.ProblemOfServer(shown, _options.AgentName) is { } problem ? throw new AuthenticationException(problem) : shown;
    }

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        GrpcChannel channel, Method<TRequest, TResponse> method, TRequest request, CancellationToken cancellationToken)
        where TRequest : class
        where TResponse : class
    {
        using var call = channel.CreateCallInvoker().AsyncUnaryCall(method, null, Limited(cancellationToken), request);
        return await call;
    }

    private CallOptions Limited(CancellationToken cancellationToken) =>
        new(deadline: DateTime.UtcNow + _options.AnswerTimeout, cancellationToken: cancellationToken);
}
