using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Monitor.Protocol;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Limits;

/// <summary>Each limit: what a client gets that goes beyond it, that another client does not notice, and the count.</summary>
internal sealed class ClientLimitTests
{
    private const int Most = 20;

    [Test]
    public async Task Connections_BeyondThoseOfOneClient_AreClosedAtOnce()
    {
        await using var server = await StartAsync(new ClientLimitOptions { MaxConnections = Most });

        var connections = Enumerable.Range(0, Most + 10).Select(_ => OtherClient.Connect(server.EndPoints.Http)).ToList();

        // Nothing is sent: only a closed connection can be read.
        await TestServer.WaitUntilAsync(() => connections.Count(IsClosed) == 10, "10 connections were closed");
        Assert.That((await StatsAsync(server)).ConnectionsOfClient, Is.EqualTo(10));
        connections.ForEach(connection => connection.Dispose());
        using var http = OtherClient.Http(server);
        Assert.That(await http.GetStringAsync("/health"), Does.Contain("healthy"), "its own connections have ended");
    }

    [Test]
    public async Task Connections_BeyondThoseOfAllClients_AreClosedAtOnce()
    {
        await using var server = await StartAsync(new ClientLimitOptions(), maxConnections: Most);
        await server.Http.GetStringAsync("/health");
        await StatsAsync(server);

        var connections = Enumerable.Range(0, Most).Select(_ => OtherClient.Connect(server.EndPoints.Http)).ToList();

        await TestServer.WaitUntilAsync(() => connections.Count(IsClosed) == 2, "two connections were closed");
        Assert.That((await StatsAsync(server)).Connections, Is.EqualTo(2));
        connections.ForEach(connection => connection.Dispose());
    }

    [Test]
    public async Task Streams_BeyondThoseOfOneClient_AreRefused()
    {
        await using var server = await StartAsync(new ClientLimitOptions { MaxStreams = 3 });
        using var channel = OtherClient.Channel(server);
        var events = new EventService.EventServiceClient(channel);
        var open = Enumerable.Range(0, 3).Select(_ => events.StreamEvents(new StreamEventsRequest())).ToList();
        foreach (var stream in open)
        {
            await stream.NextAsync();
        }

        using var refused = events.StreamEvents(new StreamEventsRequest());
        var failure = await refused.EndAsync();
        using var http = OtherClient.Http(server);
        using var response = await http.GetAsync("/api/events/stream");

        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
        Assert.That(failure.Status.Detail, Does.Contain("3 streams open"));
        await AssertTooManyAsync(response, "3 streams open");
        Assert.That((await StatsAsync(server)).Streams, Is.EqualTo(2));
        using var others = server.Events.StreamEvents(new StreamEventsRequest());
        await others.NextAsync();
        Assert.That(await http.GetStringAsync("/health"), Does.Contain("healthy"), "calls are not streams");
        open.ForEach(stream => stream.Dispose());
        using var again = await RepeatAsync(
            () => http.GetAsync("/api/events/stream", HttpCompletionOption.ResponseHeadersRead),
            response => response.StatusCode == HttpStatusCode.OK);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Requests_OfMoreBytesThanOneClientMayKeep_AreRefused(bool compressed)
    {
        await using var server = await StartAsync(new ClientLimitOptions());
        using var channel = OtherClient.Channel(server);
        var events = new EventService.EventServiceClient(channel);
        // Compressed, what is kept is what it becomes. 60 000 agents: nobody has so many, and a token can say so.
        var options = new CallOptions(compressed ? new Metadata { { "grpc-internal-encoding-request", "gzip" } } : []);
        var request = new StreamEventsRequest
        {
            ResumeToken = new ResumeToken(
                TestServer.Epoch, 0, 0, [], [.. Enumerable.Range(1, 60_000).Select(i => new DeliveredPosition((ulong)i, (uint)i, 1, 1))]).ToString(),
        };
        // With some for their headers.
        var most = (32 << 20) / (request.CalculateSize() + (12 << 10));
        var open = new List<AsyncServerStreamingCall<StreamEventsResponse>>();
        for (var i = 0; i < most; i++)
        {
            open.Add(events.StreamEvents(request, options));
            await open[^1].NextAsync();
        }

        using var refused = events.StreamEvents(request, options);
        var failure = await refused.EndAsync();

        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
        Assert.That(failure.Status.Detail, Does.Contain("more than 32 MiB together"));
        Assert.That((await StatsAsync(server)).Requests, Is.EqualTo(1));
        using var small = events.StreamEvents(new StreamEventsRequest());
        await small.NextAsync();
        using var others = server.Events.StreamEvents(request, options);
        await others.NextAsync();
        open.ForEach(stream => stream.Dispose());
        await TestServer.WaitUntilAsync(() => server.OpenStreams == 2, "its streams had closed");
        using var again = events.StreamEvents(request, options);
        await again.NextAsync();
    }

    // A part of it may come when the place of its call was given back already.
    [Test]
    public void Request_OfAClientThatHasLeft_KeepsNothing()
    {
        using var client = new LimitedClient(IPAddress.Loopback, new ClientLimitOptions(), TimeProvider.System, new AllClients());
        using var left = new HeldRequest(client);
        left.TryAdd(LimitedClient.MaxHeldBytes);
        left.Dispose();
        left.TryAdd(LimitedClient.MaxHeldBytes);
        using var next = new HeldRequest(client);

        Assert.That(next.TryAdd(LimitedClient.MaxHeldBytes), Is.True);
        Assert.That(next.TryAdd(1), Is.False);
    }

    [Test]
    public void Requests_OfMoreBytesThanAllClientsMayKeep_AreRefused_ButSmallOnesAreNot()
    {
        var ofAll = new AllClients();
        var clients = Enumerable.Range(1, 6)
            .Select(i => new LimitedClient(new IPAddress([192, 0, 2, (byte)i]), new ClientLimitOptions(), TimeProvider.System, ofAll)).ToList();

        var held = clients.ConvertAll(client => client.TryHold(LimitedClient.MaxHeldBytes));
        var polite = clients[5].TryHold(LimitedClient.OwnHeldBytes);
        var more = clients[5].TryHold(1);
        clients[0].Release(LimitedClient.MaxHeldBytes);

        Assert.That(held, Is.EqualTo(new[] { true, true, true, true, false, false }), "four times 32 MiB are 128");
        Assert.That((polite, more, clients[5].TryHold(1)), Is.EqualTo((true, false, true)));
        clients.ForEach(client => client.Dispose());
    }

    // They need no credential where they are left open.
    [Test]
    public async Task HealthChecks_OfMoreThanANameNeeds_AreRefused()
    {
        await using var server = await StartAsync(new ClientLimitOptions());
        using var channel = OtherClient.Channel(server);
        var health = new Grpc.Health.V1.Health.HealthClient(channel);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await health.CheckAsync(
            new Grpc.Health.V1.HealthCheckRequest { Service = new string('x', 5000) }));
        // A field that it does not have: 1000, text.
        var own = await Assert.ThrowsAsync<RpcException>(async () => await new StatusService.StatusServiceClient(channel).GetHealthAsync(
            GetHealthRequest.Parser.ParseFrom([0xC2, 0x3E, 0x88, 0x27, .. new byte[5000]])));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
        Assert.That(own!.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
        Assert.That((await StatsAsync(server)).TooLarge, Is.EqualTo(2));
        Assert.That((await health.CheckAsync(new Grpc.Health.V1.HealthCheckRequest())).Status, Is.EqualTo(Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving));
    }

    [Test]
    public async Task Requests_BeyondTheRateOfOneClient_AreRefused()
    {
        await using var server = await StartAsync(new ClientLimitOptions { MaxRequestsPerSecond = Most });
        using var http = OtherClient.Http(server);
        using var channel = OtherClient.Channel(server);

        using var refused = await RepeatAsync(() => http.GetAsync("/health"), response => response.StatusCode != HttpStatusCode.OK);
        var status = await RepeatAsync(
            () => StatusOfAsync(new StatusService.StatusServiceClient(channel)), status => status != StatusCode.OK);

        await AssertTooManyAsync(refused, "more than 20 requests per second");
        Assert.That(status, Is.EqualTo(StatusCode.ResourceExhausted));
        Assert.That((await StatsAsync(server)).Requests, Is.EqualTo(2));
        // A second later it may again.
        using var later = await RepeatAsync(() => http.GetAsync("/health"), response => response.StatusCode == HttpStatusCode.OK, 10_000);
    }

    [TestCase((byte)6, 8)]
    [TestCase((byte)4, 0)]
    [TestCase((byte)2, 5)]
    [TestCase((byte)0x50, 10)]
    public async Task Frames_BeyondTheRateOfOneClient_CloseTheConnection(byte type, int length)
    {
        await using var server = await StartAsync(new ClientLimitOptions { MaxControlFramesPerSecond = 1000 });
        using var hostile = await RawHttp2.ConnectAsync(server, OtherClient.Address);

        await hostile.SendAsync(100_000, _ => Http2Frame.Make(type, 0, type == 2 ? 1 : 0, new byte[length]));

        await hostile.ClosedAsync();
        Assert.That((await StatsAsync(server)).Floods, Is.EqualTo(1));
    }

    [Test]
    public async Task AnswerOfRest_ThatIsNotRead_IsCutOff()
    {
        await using var server = await StartAsync(new ClientLimitOptions { CallTimeout = TimeSpan.FromSeconds(1) });
        server.Source.Append(10_000);
        // More answers than the buffers of both sockets hold.
        using var client = OtherClient.Connect(server.EndPoints.Http);
        for (var i = 0; i < 10; i++)
        {
            await client.GetStream().WriteAsync("GET /api/events?limit=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        }

        await TestServer.WaitUntilAsync(() => StatsAsync(server).Result.Timeouts > 0, "a call was cut off");
    }

    [Test]
    public async Task AnswerOfGrpc_ThatIsNotRead_IsCutOff()
    {
        await using var server = await StartAsync(new ClientLimitOptions { CallTimeout = TimeSpan.FromSeconds(1) });
        server.Source.Append(10_000);
        // The client's window is what it is at first, 64 KiB; the answer has 0.8 MB.
        using var client = await RawHttp2.ConnectAsync(server, OtherClient.Address);
        await SendListsAsync(client, 1);

        await TestServer.WaitUntilAsync(() => StatsAsync(server).Result.Timeouts > 0, "a call was cut off");
    }

    /// <summary>The web server keeps a refusal that its client does not let through.</summary>
    [Test]
    public async Task Refusals_ThatAreNotLetThrough_EndTheConnection()
    {
        await using var server = await StartAsync(new ClientLimitOptions());
        var clients = new List<RawHttp2>();
        for (var i = 0; i < 3; i++)
        {
            var client = await RawHttp2.ConnectAsync(server, OtherClient.Address);
            clients.Add(client);
            // SETTINGS_INITIAL_WINDOW_SIZE of 0: nothing of a body may be sent.
            await client.Stream.WriteAsync(Http2Frame.Make(4, 0, 0, [0, 4, 0, 0, 0, 0]));
            await client.SendAsync(1000, i => Http2Frame.Make(1, 5, (2 * i) + 1, Get));
        }

        await clients[2].ClosedAsync();

        Assert.That((await StatsAsync(server)).Floods, Is.EqualTo(1));
        clients.ForEach(client => client.Dispose());
        using var polite = await RawHttp2.ConnectAsync(server, OtherClient.Address);
        await TestServer.WaitUntilAsync(
            () => server.App.Services.GetRequiredService<ClientLimits>().Clients.Single(client => client.Address.Equals(OtherClient.Address)).OpenRequests == 0,
            "what they had open came back");
    }

    [Test]
    public async Task Refusals_ThatAreNotRead_AreCutOff()
    {
        await using var server = await StartAsync(new ClientLimitOptions { CallTimeout = TimeSpan.FromSeconds(1) });
        using var client = OtherClient.Connect(server.EndPoints.Http);
        byte[] requests = [.. Enumerable.Repeat("GET /nosuchpath HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), 1000).SelectMany(request => request)];

        // Until the server reads no more of them, for nobody reads its answers.
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                await client.GetStream().WriteAsync(requests);
            }
        });

        Assert.That(async () => await sending.WaitAsync(TimeSpan.FromSeconds(60)), Throws.InstanceOf<IOException>());
        Assert.That((await StatsAsync(server)).Timeouts, Is.EqualTo(1));
    }

    // GET / over the port of gRPC (RFC 7541).
    private static byte[] Get => [0x82, 0x86, 0x84, 0x01, 9, .. "localhost"u8];

    [Test]
    public async Task Body_ThatTrickles_Answers408()
    {
        await using var server = await TestServer.StartAsync(new MonitorServerOptions
        {
            Http = TestServer.Options().Http,
            Grpc = TestServer.Options().Grpc,
            BodyGrace = TimeSpan.FromSeconds(1.1),
        });
        using var client = OtherClient.Connect(server.EndPoints.Http);
        var stream = client.GetStream();
        await stream.WriteAsync(
            "POST /api/list-connections HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"u8.ToArray());

        var answer = new byte[1000];
        var read = stream.ReadAsync(answer).AsTask();
        while (!read.IsCompleted)
        {
            await stream.WriteAsync("          "u8.ToArray());
            await Task.WhenAny(read, Task.Delay(20));
        }

        var text = System.Text.Encoding.ASCII.GetString(answer, 0, await read);
        Assert.That(text, Does.StartWith("HTTP/1.1 408 ").And.Contain("\"code\":4").And.Contain("comes too slowly"));
        Assert.That((await StatsAsync(server)).TooSlow, Is.EqualTo(1));
    }

    [Test]
    public async Task Requests_ThatTheWebServerRefuses_AreCounted()
    {
        await using var server = await StartAsync(new ClientLimitOptions());

        await RawHttp.SendAsync(server, "GARBAGE\r\n\r\n");
        await RawHttp.SendAsync(server, $"GET /health?{new string('x', 40_000)} HTTP/1.1\r\nHost: a\r\n\r\n");
        await RawHttp.SendAsync(server, $"GET /health HTTP/1.1\r\nHost: a\r\nX: {new string('x', 40_000)}\r\n\r\n");

        await RawHttp.SendAsync(
            server,
            "POST /api/list-connections HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
            + "Content-Length: 5000000\r\n\r\n");
        await RawHttp.SendAsync(
            server,
            "POST /api/list-connections HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
            + "Transfer-Encoding: chunked\r\n\r\nzz\r\n");

        var stats = await StatsAsync(server);
        Assert.That((stats.Malformed, stats.TooLarge), Is.EqualTo((2ul, 3ul)));
    }

    [Test]
    public async Task Calls_OfOneClient_WaitForTheirTurnWhileAnotherIsServed()
    {
        await using var server = await StartAsync(new ClientLimitOptions { MaxCallsAtWork = 2 });
        server.Source.Append(5000);
        // Calls whose answers are not read keep their turns.
        using var hostile = await RawHttp2.ConnectAsync(server, OtherClient.Address);
        await SendListsAsync(hostile, 5);
        await TestServer.WaitUntilAsync(() => hostile.Received > 60_000, "an answer had filled the client's window");
        using var http = OtherClient.Http(server);
        var waiting = http.GetStringAsync("/health");

        for (var i = 0; i < 20; i++)
        {
            Assert.That(await server.Http.GetStringAsync("/health"), Does.Contain("healthy"));
            Assert.That(waiting.IsCompleted, Is.False);
        }

        hostile.Dispose();
        Assert.That(await waiting.WaitAsync(TimeSpan.FromSeconds(10)), Does.Contain("healthy"));
    }

    [Test]
    public async Task Call_ThatOutlastsItsConnection_TakesItsTurnWhenItsClientIsForgotten()
    {
        var time = new ManualTime();
        var limits = new ClientLimits(new MonitorServerOptions { Time = time }, new LimitCounters());
        var client = limits.Enter(IPAddress.Loopback)!;
        limits.Leave(client);
        time.Advance(TimeSpan.FromMinutes(5));
        limits.Enter(OtherClient.Address);

        Assert.That(limits.Clients.Select(known => known.Address), Is.EqualTo(new[] { OtherClient.Address }));
        Assert.That(await client.TryTakeTurnAsync(CancellationToken.None), Is.True);
        client.EndTurn();
    }

    [TestCase("ffffffffff", "ListEvents")]
    [TestCase("0000000001ff", "ListEvents")]
    [TestCase("0000000002120a", "StreamEvents")]
    [TestCase("0000000009", "ListEvents")]
    [TestCase("", "ListEvents")]
    public async Task Call_WhoseBytesAreNoMessage_IsTheClientsFault(string body, string method)
    {
        await using var server = await TestServer.StartAsync();
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{server.EndPoints.GrpcTarget}/monitor.v1.EventService/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Convert.FromHexString(body)) { Headers = { ContentType = new("application/grpc") } },
        };

        using var response = await client.SendAsync(request);

        Assert.That(response.Headers.GetValues("grpc-status"), Is.EqualTo(new[] { "3" }));
    }

    [TestCase("/monitor.v1.StatusService/GetHealth")]
    [TestCase("/monitor.v1.EventService/StreamEvents")]
    [TestCase("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")]
    public async Task Call_WhoseClientLeavesBeforeItsMessage_IsNoError(string path)
    {
        await using var server = await TestServer.StartAsync();
        using (var client = await RawHttp2.ConnectAsync(server))
        {
            await client.SendAsync(20, i => Http2Frame.Make(1, 4, 2 * i + 1, Http2Frame.Call(path)));
            await client.Stream.WriteAsync(Http2Frame.Make(0, 0, 1, 0, 0, 0));
            await client.Stream.WriteAsync(Http2Frame.Make(3, 0, 3, 0, 0, 0, 8));
            // Answered behind the others, so these have begun.
            await server.Status.GetHealthAsync(new GetHealthRequest());
        }

        // TestServer fails where anything is logged as an error.
        await server.WaitUntilClosedAsync();
    }

    private static Task<TestServer> StartAsync(ClientLimitOptions clients, int maxConnections = 1000) =>
        TestServer.StartAsync(new MonitorServerOptions
        {
            Http = TestServer.Options().Http,
            Grpc = TestServer.Options().Grpc,
            MaxConnections = maxConnections,
            Clients = clients,
        });

    private static Task<bool> SendListsAsync(RawHttp2 client, int count)
    {
        var message = new ListEventsRequest { Limit = 5_000 }.ToByteArray();
        return client.SendAsync(count, i =>
            [
                .. Http2Frame.Make(1, 4, 2 * i + 1, Http2Frame.Call("/monitor.v1.EventService/ListEvents")),
                .. Http2Frame.Make(0, 1, 2 * i + 1, [0, 0, 0, 0, (byte)message.Length, .. message]),
            ]);
    }

    private static async Task<RefusalStats> StatsAsync(TestServer server) =>
        (await server.Status.GetStatsAsync(new GetStatsRequest())).Refusals;

    private static bool IsClosed(TcpClient client) => client.Client.Poll(0, SelectMode.SelectRead);

    private static async Task<StatusCode> StatusOfAsync(StatusService.StatusServiceClient status)
    {
        try
        {
            await status.GetHealthAsync(new GetHealthRequest());
            return StatusCode.OK;
        }
        catch (RpcException failure)
        {
            return failure.StatusCode;
        }
    }

    private static async Task<T> RepeatAsync<T>(Func<Task<T>> action, Func<T, bool> isIt, int most = 1000)
    {
        for (var i = 0; i < most; i++)
        {
            var result = await action();
            if (isIt(result))
            {
                return result;
            }

            (result as IDisposable)?.Dispose();
        }

        throw new AssertionException($"not once in {most} times");
    }

    private static async Task AssertTooManyAsync(HttpResponseMessage response, string message)
    {
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(response.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(json.RootElement.GetProperty("code").GetInt32(), Is.EqualTo(8));
        Assert.That(json.RootElement.GetProperty("message").GetString(), Does.Contain(message));
    }
}
