using System.Net;
using Monitor.Protocol;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Streaming;

internal sealed class SlowClientTests
{
    [Test]
    public async Task Client_ThatDoesNotRead_StopsItsOwnCursorAndIsToldWhatItMissed()
    {
        await using var server = await TestServer.StartAsync(retentionBytes: 4 << 20);
        using var call = server.Events.StreamEvents(new StreamEventsRequest());
        await call.NextAsync();
        using var other = server.Events.StreamEvents(new StreamEventsRequest { Type = { "packet_drop" } });
        await other.NextAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        // 30 times what the log holds, and far beyond what the client's HTTP/2 window grows to while it reads nothing.
        const int Total = 600_000;
        for (var i = 0; i < Total / 1000; i++)
        {
            server.Source.Append(1000);
        }

        server.Source.Append(1, "packet_drop");
        await other.ReadEventsAsync(1);
        var stats = await server.Status.GetStatsAsync(new GetStatsRequest());
        var slow = stats.Subscribers[0];
        Assert.That(slow.Delivered, Is.LessThan(Total / 2));
        Assert.That(slow.Stored, Is.EqualTo(slow.Delivered + slow.Filtered + slow.Evicted + slow.Ahead));
        // The log itself may have grown by its 4 MiB meanwhile.
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(24 << 20));

        ulong received = 0;
        ulong lost = 0;
        ulong next = 1;
        while (received + lost < Total + 1)
        {
            var message = await call.NextAsync();
            foreach (var loss in message.Losses)
            {
                Assert.That(loss.Cause, Is.EqualTo(LossCause.Evicted));
                lost += loss.Count;
                next += loss.Count;
            }

            foreach (var sequence in message.Events.Select(e => e.Sequence))
            {
                Assert.That(sequence, Is.EqualTo(next++));
                received++;
            }
        }

        Assert.That(lost, Is.GreaterThan(0UL));
        stats = await server.Status.GetStatsAsync(new GetStatsRequest());
        Assert.That(stats.Subscribers[0].Delivered, Is.EqualTo(received));
        Assert.That(stats.Subscribers[0].Evicted, Is.EqualTo(lost));
        Assert.That(stats.Subscribers[0].Ahead, Is.Zero);
    }

    [Test]
    public async Task Client_ThatDisconnectsInMidStream_LeavesNothingBehind()
    {
        await using var server = await TestServer.StartAsync();
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                server.Source.Append(100);
                await Task.Delay(1);
            }
        });
        for (var i = 0; i < 20; i++)
        {
            using var handler = new SocketsHttpHandler();
            using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(
                "http://" + server.EndPoints.GrpcTarget, new() { HttpHandler = handler });
            var client = new EventService.EventServiceClient(channel);
            using var cancelled = client.StreamEvents(new StreamEventsRequest());
            await cancelled.ReadEventsAsync(50);
            // Of one the whole connection breaks, of the others only the call is cancelled.
            if (i % 2 == 0)
            {
                handler.Dispose();
            }
        }

        await stop.CancelAsync();
        await writing;
        await server.WaitUntilClosedAsync();
    }

    [Test]
    public async Task Streams_AThousandIdleOnes_AllGetTheNextEvent()
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.OpenChannel();
        var client = new EventService.EventServiceClient(channel);
        var calls = Enumerable.Range(0, 1000).Select(_ => client.StreamEvents(new StreamEventsRequest())).ToList();
        await Task.WhenAll(calls.Select(call => call.NextAsync()));
        Assert.That(server.OpenStreams, Is.EqualTo(1000));

        server.Source.Append(1);
        var messages = await Task.WhenAll(calls.Select(call => call.NextAsync()));

        Assert.That(messages.Select(message => message.Events.Count), Is.All.EqualTo(1));
        calls.ForEach(call => call.Dispose());
        await server.WaitUntilClosedAsync();
    }

    [Test]
    public async Task Stream_OpenForAWhile_BalancesExactly()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(100);
        using var call = server.Events.StreamEvents(new StreamEventsRequest
        {
            Type = { "packet_drop" },
            Since = UnixNanos.ToTimestamp(EventSource.Start),
        });
        server.Source.Append(30, "packet_drop");
        server.Source.Append(70);
        await call.ReadEventsAsync(30);
        SubscriberStats stats = null!;
        await TestServer.WaitUntilAsync(
            () => (stats = server.Status.GetStats(new GetStatsRequest()).Subscribers[0]).Ahead == 0,
            "the stream had read everything");

        Assert.That(stats.Stored, Is.EqualTo(200));
        Assert.That(stats.Delivered, Is.EqualTo(30));
        Assert.That(stats.Filtered, Is.EqualTo(170));
        Assert.That(stats.Evicted, Is.Zero);
        Assert.That(stats.Peer, Does.StartWith($"ipv4:{IPAddress.Loopback}:"));
    }
}
