using Google.Protobuf.WellKnownTypes;
using Monitor.Protocol;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Streaming;

internal sealed class StreamTests
{
    [Test]
    public async Task Stream_OfAnIdleLog_SendsItsFirstMessageAtOnce()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Events.StreamEvents(new StreamEventsRequest());

        var first = await call.NextAsync(TimeSpan.FromSeconds(2));

        Assert.That(first.Events, Is.Empty);
        Assert.That(first.ResumeToken, Is.Not.Empty);
        Assert.That(first.Watermark.ToDateTimeOffset(), Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public async Task Stream_WhileEventsAreAppended_DeliversEachInOrder()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Events.StreamEvents(new StreamEventsRequest());
        await call.NextAsync();

        var writing = Task.Run(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                server.Source.Append(37);
            }
        });
        var messages = await call.ReadEventsAsync(200 * 37);
        await writing;

        var events = messages.SelectMany(message => message.Events).ToList();
        Assert.That(events.Select(e => e.Sequence), Is.EqualTo(Enumerable.Range(1, 200 * 37).Select(i => (ulong)i)));
        Assert.That(events[0].Destination, Is.EqualTo("198.51.100.7:443"));
    }

    [Test]
    public async Task Stream_WithMaxBatchEvents_KeepsMessagesBelowIt()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(1000);
        using var call = server.Events.StreamEvents(
            new StreamEventsRequest { Since = UnixNanos.ToTimestamp(EventSource.Start), MaxBatchEvents = 64 });

        var messages = await call.ReadEventsAsync(1000);

        Assert.That(messages.Max(message => message.Events.Count), Is.EqualTo(64));
        Assert.That(messages.Sum(message => message.Events.Count), Is.EqualTo(1000));
    }

    [Test]
    public async Task Stream_OfManyLargeEvents_KeepsMessagesBelowWhatClientsTake()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(300, change: e => e.Command = new string('x', 10_000));
        using var call = server.Events.StreamEvents(
            new StreamEventsRequest { Since = UnixNanos.ToTimestamp(EventSource.Start), MaxBatchEvents = 10_000 });

        var messages = await call.ReadEventsAsync(300);

        Assert.That(messages.Max(message => message.CalculateSize()), Is.LessThan(1 << 20));
    }

    [Test]
    public async Task Stream_WithALongDelay_GathersTrickleButNotFullBatches()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Events.StreamEvents(new StreamEventsRequest
        {
            MaxBatchEvents = 10,
            MaxBatchDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)),
        });
        await call.NextAsync();
        server.Source.Append(1);
        await call.NextAsync();

        server.Source.Append(3);
        var pending = call.NextAsync();
        Assert.That(await Task.WhenAny(pending, Task.Delay(300)), Is.Not.SameAs(pending), "Three events did not wait.");
        server.Source.Append(7);

        Assert.That((await pending).Events, Has.Count.EqualTo(10));
    }

    [Test]
    public async Task Stream_WhileIdle_SendsHeartbeatsWithAdvancingWatermark()
    {
        await using var server = await TestServer.StartAsync(TestServer.Options(TimeSpan.FromMilliseconds(100)));
        using var call = server.Events.StreamEvents(new StreamEventsRequest());
        var first = await call.NextAsync();

        var second = await call.NextAsync();
        var third = await call.NextAsync();

        Assert.That(third.Events, Is.Empty);
        Assert.That(third.ResumeToken, Is.EqualTo(first.ResumeToken));
        Assert.That(
            third.Watermark.ToDateTimeOffset() - second.Watermark.ToDateTimeOffset(),
            Is.GreaterThan(TimeSpan.FromMilliseconds(90)));
    }

    [Test]
    public async Task Stream_WhoseFilterMatchesNothing_StillSendsHeartbeats()
    {
        await using var server = await TestServer.StartAsync(TestServer.Options(TimeSpan.FromMilliseconds(100)));
        using var call = server.Events.StreamEvents(new StreamEventsRequest { Type = { "packet_drop" } });
        var first = await call.NextAsync();
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                server.Source.Append(5);
                await Task.Delay(1);
            }
        });

        var second = await call.NextAsync();
        await stop.CancelAsync();
        await writing;

        Assert.That(second.Events, Is.Empty);
        Assert.That(second.ResumeToken, Is.Not.EqualTo(first.ResumeToken));
    }

    [Test]
    public async Task Stream_WithAFilter_DeliversWhatMatchesOnly()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Events.StreamEvents(new StreamEventsRequest { Type = { "packet_drop" } });
        await call.NextAsync();

        server.Source.Append(100);
        server.Source.Append(2, "packet_drop");
        server.Source.Append(100);

        var messages = await call.ReadEventsAsync(2);
        Assert.That(
            messages.SelectMany(message => message.Events).Select(e => e.Sequence), Is.EqualTo(new ulong[] { 101, 102 }));
    }

    [Test]
    public async Task Stream_WithALoss_ReportsItAtItsPlace()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(3);
        server.Source.AppendLoss(17);
        server.Source.Append(2);
        using var call = server.Events.StreamEvents(
            new StreamEventsRequest { Since = UnixNanos.ToTimestamp(EventSource.Start) });

        var messages = await call.ReadEventsAsync(5);

        Assert.That(messages, Has.Count.EqualTo(2));
        Assert.That(messages[0].Events, Has.Count.EqualTo(3));
        Assert.That(messages[0].Losses, Is.Empty);
        Assert.That(messages[1].Losses.Single().Count, Is.EqualTo(17));
        Assert.That(messages[1].Losses.Single().Cause, Is.EqualTo(LossCause.RingFull));
        Assert.That(messages[1].Events, Has.Count.EqualTo(2));
    }
}
