using System.Diagnostics;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Limits;

internal sealed class HostileClientTests
{
    private const int Calls = 40;

    private const int Events = 20_000;

    // What a polite call takes while a hostile client does its worst in the same process and on the same cores.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _over = new();

    [OneTimeTearDown]
    public void End() => _over.Dispose();

    /// <summary>
    /// One client floods the server with requests that are expensive, opens connections and streams, resets calls and sends
    /// frames for nothing. Another gets each of its answers, and its stream without a loss.
    /// </summary>
    [Test]
    public async Task Hostile_DoesItsWorst_AndAPoliteClientIsServed()
    {
        await using var server = await TestServer.StartAsync(new MonitorServerOptions
        {
            Http = TestServer.Options().Http,
            Grpc = TestServer.Options().Grpc,
            MaxConnections = 1000,
            Clients = new ClientLimitOptions { MaxConnections = 200, MaxStreams = 50, MaxRequestsPerSecond = 500, MaxControlFramesPerSecond = 1000 },
        });
        // The web server's word for a connection whose client resets more than it reads; see LogLimit.
        server.ExpectedWarning = "Microsoft.AspNetCore.Server.Kestrel";
        server.Source.Append(5000);
        using var polite = server.Events.StreamEvents(new StreamEventsRequest());
        await polite.NextAsync();
        Task[] hostile = [FloodAsync(server), ConnectAsync(server), StreamAsync(server), ResetAsync(server), PingAsync(server)];

        var slowest = TimeSpan.Zero;
        var received = ReceiveAsync(polite);
        for (var i = 0; i < Calls; i++)
        {
            server.Source.Append(Events / Calls);
            var clock = Stopwatch.StartNew();
            Assert.That(await server.Http.GetStringAsync("/api/events?limit=10").WaitAsync(Patience), Does.Contain("\"count\":10"));
            slowest = clock.Elapsed > slowest ? clock.Elapsed : slowest;
        }

        Assert.That(await received.WaitAsync(Patience), Is.EqualTo(Enumerable.Range(5001, Events)));
        var refusals = await RefusalsAsync(server);
        await _over.CancelAsync();
        await Task.WhenAll(hostile).WaitAsync(Patience);
        await TestContext.Progress.WriteLineAsync($"slowest of {Calls} polite calls {slowest.TotalMilliseconds:0} ms; refused: {refusals}");
        Assert.That(refusals.ConnectionsOfClient, Is.Positive);
        Assert.That(refusals.Connections, Is.Zero);
        Assert.That(refusals.Streams, Is.Positive);
        Assert.That(refusals.Requests, Is.Positive);
        Assert.That(refusals.Floods, Is.Positive);
    }

    // Once each kind of harm has met its limit: on a busy machine some of the hostile ones begin late.
    private static async Task<RefusalStats> RefusalsAsync(TestServer server)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            var refusals = (await server.Status.GetStatsAsync(new GetStatsRequest())).Refusals;
            if (patience.IsCancellationRequested
                || refusals is { ConnectionsOfClient: > 0, Streams: > 0, Requests: > 0, Floods: > 0 })
            {
                return refusals;
            }

            await pace.WaitForNextTickAsync();
        }
    }

    private static async Task<List<int>> ReceiveAsync(Grpc.Core.AsyncServerStreamingCall<StreamEventsResponse> stream)
    {
        var sequences = new List<int>();
        while (sequences.Count < Events)
        {
            var message = await stream.NextAsync();
            Assert.That(message.Losses, Is.Empty);
            sequences.AddRange(message.Events.Select(made => (int)made.Sequence));
        }

        return sequences;
    }

    // As many at once as a client may have connections, of what costs most.
    private Task FloodAsync(TestServer server) => Repeat(40, async () =>
    {
        using var http = OtherClient.Http(server);
        using var response = await http.GetAsync("/api/list-connections?limit=10000", _over.Token);
    });

    private Task ConnectAsync(TestServer server)
    {
        var open = new List<IDisposable>();
        return Repeat(1, async () =>
        {
            open.Add(OtherClient.Connect(server.EndPoints.Http));
            if (open.Count == 500)
            {
                open.ForEach(connection => connection.Dispose());
                open.Clear();
            }

            await Task.Yield();
        });
    }

    private Task StreamAsync(TestServer server) => Repeat(1, async () =>
    {
        using var connection = await RawHttp2.ConnectAsync(server, OtherClient.Address);
        await connection.SendAsync(100, i =>
            [
                .. Http2Frame.Make(1, 4, 2 * i + 1, Http2Frame.Call("/monitor.v1.EventService/StreamEvents")),
                .. Http2Frame.Make(0, 1, 2 * i + 1, 0, 0, 0, 0, 0),
            ]);
        await Task.Delay(100, _over.Token);
    });

    private Task ResetAsync(TestServer server) => Repeat(2, async () =>
    {
        using var connection = await RawHttp2.ConnectAsync(server, OtherClient.Address);
        await connection.SendAsync(2000, i =>
            [
                .. Http2Frame.Make(1, 4, 2 * i + 1, Http2Frame.Call("/monitor.v1.StatusService/GetHealth")),
                .. Http2Frame.Make(3, 0, 2 * i + 1, 0, 0, 0, 8),
            ]);
    });

    private Task PingAsync(TestServer server) => Repeat(1, async () =>
    {
        using var connection = await RawHttp2.ConnectAsync(server, OtherClient.Address);
        await connection.SendAsync(10_000, _ => Http2Frame.Make(6, 0, 0, new byte[8]));
    });

    private Task Repeat(int workers, Func<Task> attack) => Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(async () =>
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                await attack();
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException
                or System.Net.Sockets.SocketException)
            {
                // Refused, which is what the test is about.
            }
        }
    })));
}
