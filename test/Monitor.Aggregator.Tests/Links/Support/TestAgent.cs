using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Aggregator.Tests.Links.Support;

using Program = Monitor.V1.Program;

/// <summary>A real server of an agent, over a log that the test fills. It can be stopped and started again on the same
/// address, on the same log or as a new run.</summary>
internal sealed class TestAgent : IAsyncDisposable, IProgramDirectory, IConnectionDirectory
{
    private readonly long _retentionBytes;
    private readonly TimeProvider _time;
    private readonly TimeSpan _heartbeat;
    private WebApplication? _app;
    private int _port;

    private TestAgent(string nodeName, ulong epoch, long retentionBytes, TimeSpan? heartbeat, TimeProvider? time)
    {
        NodeName = nodeName;
        _time = time ?? TimeProvider.System;
        _heartbeat = heartbeat ?? TimeSpan.FromMilliseconds(200);
        _retentionBytes = retentionBytes;
        Log = NewLog(epoch, retentionBytes);
    }

    public string NodeName { get; }

    public EventLog Log { get; private set; }

    public string Address => $"127.0.0.1:{_port}";

    /// <summary>Where REST is.</summary>
    public string HttpAddress { get; private set; } = "";

    public static async Task<TestAgent> StartAsync(
        string nodeName = "node-1",
        ulong epoch = 1,
        long retentionBytes = 64 << 20,
        TimeSpan? heartbeat = null,
        TimeProvider? time = null)
    {
        var agent = new TestAgent(nodeName, epoch, retentionBytes, heartbeat, time);
        await agent.StartServerAsync();
        return agent;
    }

    /// <summary>Starts the server on its log, where it was.</summary>
    public async Task StartServerAsync()
    {
        _app = MonitorServer.Build(
            new MonitorServerOptions
            {
                NodeName = NodeName,
                Version = "1.2.3",
                Http = new IPEndPoint(IPAddress.Loopback, 0),
                Grpc = new IPEndPoint(IPAddress.Loopback, _port),
                HeartbeatInterval = _heartbeat,
                StopGrace = TimeSpan.FromMilliseconds(200),
                Time = _time,
            },
            Log,
            this,
            NullLoggerFactory.Instance,
            connections: this);
        await _app.StartAsync();
        var endPoints = _app.Services.GetRequiredService<ServerEndPoints>();
        _port = new Uri("http://" + endPoints.GrpcTarget).Port;
        HttpAddress = new Uri(endPoints.HttpUrl).Authority;
    }

    public async Task StopServerAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
            _app = null;
        }
    }

    /// <summary>What it was is gone, and a new run of it starts, with events that it already has.</summary>
    public async Task RestartAsync(ulong epoch, int events)
    {
        await StopServerAsync();
        Log.Dispose();
        Log = NewLog(epoch, _retentionBytes);
        Append(events);
        await StartServerAsync();
    }

    public void Append(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var sequence = Log.NextSequence;
            var bytes = TestEvents.Make(Log.Epoch, sequence, NodeName, UnixNanos.From(_time.GetUtcNow())).ToByteArray();
            if (!EventColumns.TryParse(bytes, Log.Types, out var columns) || !Log.Append(columns, bytes))
            {
                throw new InvalidOperationException("The log refused an event.");
            }
        }

        Log.Publish();
    }

    public void AppendLoss(ulong count, LossCause cause = LossCause.RingFull)
    {
        Log.AppendLoss(new Loss { NodeName = NodeName, Type = "connection", Cause = cause, Count = count });
        Log.Publish();
    }

    public ValueTask<IReadOnlyList<Program>> GetProgramsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Program>>(
        [
            new Program
            {
                Name = "connection",
                NodeName = NodeName,
                Status = "active",
                Counters = new ProgramCounters { Stored = (ulong)Log.GetStatistics().Appended },
            },
        ]);

    /// <summary>Its open connections, in any order.</summary>
    public List<OpenConnection> Connections { get; } = [];

    /// <summary>What it was asked for last.</summary>
    public ConnectionQuery? LastQuery { get; private set; }

    /// <summary>Waited for before it answers.</summary>
    public Task ConnectionsReady { get; set; } = Task.CompletedTask;

    /// <summary>What it says is missing; null: nothing.</summary>
    public string? ConnectionsMissing { get; set; }

    /// <summary>Opens connections with these cookies.</summary>
    public void Open(IEnumerable<int> ids) => Connections.AddRange(ids.Select(id => new OpenConnection
    {
        NodeName = NodeName,
        ConnectionId = (ulong)id,
        State = "ESTABLISHED",
        SourceIp = "10.0.0.1",
        DestinationIp = $"10.0.1.{id % 250}",
        DestinationPort = 443,
    }));

    public async Task<ConnectionPage> ListAsync(ConnectionQuery query, CancellationToken cancellationToken)
    {
        LastQuery = query;
        await ConnectionsReady.WaitAsync(cancellationToken);
        var page = new ConnectionPage(query);
        page.AddAll([.. Connections.Where(query.Filter.Matches)]);
        if (ConnectionsMissing is { } missing)
        {
            page.Incomplete.Add(new IncompleteNode { NodeName = NodeName, Reason = missing });
        }

        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await StopServerAsync();
        Log.Dispose();
    }

    private EventLog NewLog(ulong epoch, long retentionBytes) =>
        new(new EventLogOptions { RetentionBytes = retentionBytes, NodeName = NodeName }, epoch, _time);
}
