using System.Net;
using System.Text.Json.Nodes;
using Grpc.Core;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Exporting;

/// <summary>Clients that are slow, leave, or want too much, and servers that stop.</summary>
internal sealed class ExportClientTests
{
    [Test]
    public async Task Export_OfAMillionEvents_HoldsLittleOfThem([Values("ndjson", "parquet")] string format)
    {
        const int Total = 1_000_000;
        await using var server = await TestServer.StartAsync(retentionBytes: 512 << 20);
        for (var i = 0; i < Total / 1000; i++)
        {
            server.Source.Append(1000);
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var response = await server.Http.GetAsync(
            new Uri($"/api/events/export?format={format}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        var path = Path.Combine(Path.GetTempPath(), $"export-{Guid.NewGuid():N}.{format}");
        try
        {
            long most = 0, received = 0, next = 0;
            await using (var file = File.Create(path))
            {
                var buffer = new byte[64 << 10];
                for (int read; (read = await body.ReadAsync(buffer)) > 0;)
                {
                    await file.WriteAsync(buffer.AsMemory(0, read));
                    received += read;
                    if (received >= next)
                    {
                        most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
                        next = received + (format == "ndjson" ? 64 << 20 : 1 << 20);
                    }
                }
            }

            TestContext.Out.WriteLine($"{received} bytes, {most} bytes of memory");
            Assert.That(most, Is.LessThan(format == "ndjson" ? 8 << 20 : 80 << 20));
            Assert.That(
                Duck.Query(path, $"SELECT count(*) AS all, count(DISTINCT id) AS ids FROM read_{format}(FILE)").Single().Values,
                Is.EqualTo(new object[] { (long)Total, (long)Total }));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public async Task Client_ThatDoesNotRead_IsToldWhatItMissedAndStallsNobody()
    {
        await using var server = await TestServer.StartAsync(retentionBytes: 32 << 20);
        const int First = 2500;
        server.Source.Append(First, change: MakeLarge);
        using var export = await SlowExport.OpenAsync(server, "format=ndjson");
        await WaitUntilStuckAsync(server);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var i = 0; i < 10; i++)
        {
            server.Source.Append(1000, change: MakeLarge);
        }

        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(24 << 20));
        var subscriber = (await server.Status.GetStatsAsync(new GetStatsRequest())).Subscribers.Single();
        Assert.That(subscriber.Delivered, Is.LessThan(First));
        Assert.That(subscriber.Stored, Is.EqualTo(subscriber.Delivered + subscriber.Filtered + subscriber.Evicted + subscriber.Ahead));

        using var reader = new StreamReader(export.Body);
        long next = 1, lost = 0;
        while (await reader.ReadLineAsync() is { } line)
        {
            var json = JsonNode.Parse(line)!;
            if (json["loss"] is { } loss)
            {
                Assert.That(loss["cause"]!.GetValue<string>(), Is.EqualTo("LOSS_CAUSE_EVICTED"));
                lost += long.Parse(loss["count"]!.GetValue<string>(), null);
                next += long.Parse(loss["count"]!.GetValue<string>(), null);
            }
            else
            {
                Assert.That(json["sequence"]!.GetValue<string>(), Is.EqualTo($"{next++}"));
            }
        }

        Assert.That(lost, Is.GreaterThan(5000));
        Assert.That(next, Is.GreaterThan(First));
        await server.WaitUntilClosedAsync();
    }

    [Test]
    public async Task Client_ThatLeaves_LeavesNothingBehind([Values("ndjson", "parquet")] string format)
    {
        await using var server = await TestServer.StartAsync(retentionBytes: 64 << 20);
        AppendIncompressible(server, 100_000);

        // More than there are places for.
        for (var i = 0; i < 4; i++)
        {
            using (var export = await SlowExport.OpenAsync(server, "format=" + format))
            {
                Assert.That(await export.Body.ReadAsync(new byte[4]), Is.Positive);
            }

            await server.WaitUntilClosedAsync();
        }
    }

    [Test]
    public async Task Stop_InAnExport_CutsItOff([Values("ndjson", "parquet")] string format)
    {
        await using var server = await TestServer.StartAsync(retentionBytes: 64 << 20);
        AppendIncompressible(server, 100_000);
        using var export = await SlowExport.OpenAsync(server, "format=" + format);
        using var channel = OtherClient.Channel(server);
        var client = new ExportService.ExportServiceClient(channel);
        using var call = client.ExportEvents(new ExportEventsRequest { Format = format });
        Assert.That(await call.ResponseStream.MoveNext(), Is.True);

        var stopping = server.App.StopAsync();
        var end = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext())
            {
            }
        });
        await stopping;

        var bytes = await export.ReadUntilCutAsync();
        Assert.That(System.Text.Encoding.Latin1.GetString(bytes[^4..]), Is.Not.EqualTo("PAR1"));
        Assert.That(end!.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(end.Status.Detail, Does.Contain("not whole"));
    }

    [Test]
    public async Task Parquet_TwiceAtOneTime_IsRefusedToTheSameClientAlone()
    {
        await using var server = await TestServer.StartAsync(retentionBytes: 64 << 20);
        AppendIncompressible(server, 100_000);
        using var one = await SlowExport.OpenAsync(server, "format=parquet");

        using var refused = await server.Http.GetAsync(new Uri("/api/events/export?format=parquet", UriKind.Relative));
        using var lines = await SlowExport.OpenAsync(server, "format=ndjson");
        using var http = OtherClient.Http(server);
        using var others = await http.GetAsync("/api/events/export?format=parquet", HttpCompletionOption.ResponseHeadersRead);

        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(refused.Headers.RetryAfter, Is.Not.Null);
        Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("an export in parquet of this client runs already"));
        Assert.That((await server.Status.GetStatsAsync(new GetStatsRequest())).Refusals.Streams, Is.EqualTo(1));
        Assert.That(others.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public void Parquet_MoreThanThereArePlacesFor_WaitsUntilOneIsFree()
    {
        var places = new ParquetPlaces();
        var clients = Enumerable.Range(1, 3).Select(i => new LimitedClient(
            new IPAddress([192, 0, 2, (byte)i]), new ClientLimitOptions(), TimeProvider.System, new AllClients())).ToList();
        var first = places.TryTake(clients[0]);
        using var second = places.TryTake(clients[1]);
        using var refused = places.TryTake(clients[2]);
        first?.Dispose();
        first?.Dispose();
        using var third = places.TryTake(clients[2]);
        using var again = places.TryTake(clients[0]);

        Assert.That(new[] { first, second, third }, Has.None.Null);
        Assert.That(new[] { refused, again }, Has.All.Null);
        clients.ForEach(client => client.Dispose());
    }

    [Test]
    public async Task Unread_ForTooLong_ParquetIsCutOffAndLinesAreNot()
    {
        await using var server = await TestServer.StartAsync(WithLimits(new ClientLimitOptions { CallTimeout = TimeSpan.FromSeconds(1) }), 64 << 20);
        AppendIncompressible(server, 100_000);
        using var lines = await SlowExport.OpenAsync(server, "format=ndjson");
        using var file = await SlowExport.OpenAsync(server, "format=parquet");
        Assert.That(server.OpenStreams, Is.EqualTo(2));

        await TestServer.WaitUntilAsync(() => server.OpenStreams == 1, "the file was cut off");

        await file.ReadUntilCutAsync();
        Assert.That((await server.Status.GetStatsAsync(new GetStatsRequest())).Refusals.Timeouts, Is.EqualTo(1));
        using var reader = new StreamReader(lines.Body);
        var count = 0;
        while (await reader.ReadLineAsync() is not null)
        {
            count++;
        }

        Assert.That(count, Is.EqualTo(100_000));
    }

    [Test]
    public async Task Export_CountsAsAStream()
    {
        await using var server = await TestServer.StartAsync(WithLimits(new ClientLimitOptions { MaxStreams = 1 }), 64 << 20);
        AppendIncompressible(server, 100_000);
        using var open = await SlowExport.OpenAsync(server, "format=ndjson");

        using var refused = await server.Http.GetAsync(new Uri("/api/events/export", UriKind.Relative));

        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
    }

    private static void MakeLarge(Event made) => made.Command = new string('x', 10_000);

    /// <summary>Waits until the one export stands still, because its client does not read.</summary>
    private static async Task WaitUntilStuckAsync(TestServer server)
    {
        ulong last = 0;
        var same = 0;
        await TestServer.WaitUntilAsync(
            () =>
            {
                var delivered = server.Status.GetStats(new GetStatsRequest()).Subscribers.Single().Delivered;
                same = delivered > 0 && delivered == last ? same + 1 : 0;
                last = delivered;
                return same == 20;
            },
            "the export stood still");
    }

    private static MonitorServerOptions WithLimits(ClientLimitOptions clients)
    {
        var options = TestServer.Options();
        return new MonitorServerOptions
        {
            NodeName = options.NodeName,
            Http = options.Http,
            Grpc = options.Grpc,
            HeartbeatInterval = options.HeartbeatInterval,
            Clients = clients,
        };
    }

    // So that a file is larger than what the system holds of it on its way.
    private static void AppendIncompressible(TestServer server, int count)
    {
        var random = new Random(1);
        for (var i = 0; i < count / 1000; i++)
        {
            server.Source.Append(1000, change: made => made.DestinationName = Convert.ToHexString(Enumerable.Range(0, 64).Select(_ => (byte)random.Next(256)).ToArray()));
        }
    }
}
