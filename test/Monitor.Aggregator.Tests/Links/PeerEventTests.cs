using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Monitor.Aggregator.Tests.Links.Support;
using Monitor.Aggregator.Tests.Support;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Aggregator.Tests.Links;

/// <summary>Attempts and accepts of two agents, through their links.</summary>
internal sealed class PeerEventTests
{
    [Test]
    public async Task Connection_OfTwoNodes_IsPairedInTheLaterEvent()
    {
        await using var one = await TestAgent.StartAsync("node-1", epoch: 1);
        await using var two = await TestAgent.StartAsync("node-2", epoch: 2);
        await using var fleet = await StartAsync(one, two);
        var now = DateTimeOffset.UtcNow;

        Append(one, Attempt, 4000, now);
        await fleet.UntilEventsAsync(1);
        Append(two, Accept, 4000, now);
        await fleet.UntilEventsAsync(2);
        Append(two, Accept, 4001, now);
        await fleet.UntilEventsAsync(3);
        Append(one, Attempt, 4001, now);
        Append(one, Attempt, 4002, now);
        await fleet.UntilEventsAsync(5);

        Assert.That(
            fleet.Content.Events.Select(e => (e.Id, e.PeerEventId)),
            Is.EqualTo(new[]
            {
                (EventId.Format(1, 1), ""), (EventId.Format(2, 1), EventId.Format(1, 1)), (EventId.Format(2, 2), ""),
                (EventId.Format(1, 2), EventId.Format(2, 2)), (EventId.Format(1, 3), ""),
            }));
        Assert.That(fleet.Content.Events.Select(e => e.HasPeerNodeName), Has.None.True);
    }

    [Test]
    public async Task Connection_WhoseDestinationWasRewritten_IsPairedByItsSourceAndTime()
    {
        await using var one = await TestAgent.StartAsync("node-1", epoch: 1);
        await using var two = await TestAgent.StartAsync("node-2", epoch: 2);
        await using var fleet = await StartAsync(one, two);
        var now = DateTimeOffset.UtcNow;

        Append(one, Attempt, 4000, now, made => (made.DestinationIp, made.DestinationPort) = ("10.96.0.1", 80));
        Append(one, Attempt, 4001, now.AddMinutes(-1), made => (made.DestinationIp, made.DestinationPort) = ("10.96.0.1", 80));
        await fleet.UntilEventsAsync(2);
        Append(two, Accept, 4000, now);
        Append(two, Accept, 4001, now);
        await fleet.UntilEventsAsync(4);

        Assert.That(
            fleet.Content.Events.Select(e => e.PeerEventId), Is.EqualTo(new[] { "", "", EventId.Format(1, 1), "" }));
    }

    [Test]
    public async Task Connection_OfANodeWhoseClockIsOff_IsPairedByItsOffset()
    {
        var late = new ShiftedTime(TimeSpan.FromHours(1));
        await using var one = await TestAgent.StartAsync("node-1", epoch: 1);
        await using var two = await TestAgent.StartAsync("node-2", epoch: 2, time: late);
        await using var fleet = await StartAsync(one, two);

        Append(one, Attempt, 4000, DateTimeOffset.UtcNow);
        await fleet.UntilEventsAsync(1);
        Append(two, Accept, 4000, late.GetUtcNow());
        await fleet.UntilEventsAsync(2);

        Assert.That(fleet.Content.Events[1].PeerEventId, Is.EqualTo(EventId.Format(1, 1)));
    }

    [Test]
    public async Task Connection_OfANodeWithItself_IsPaired()
    {
        await using var agent = await TestAgent.StartAsync("node-1", epoch: 1);
        await using var fleet = TestFleet.Start(agent.Address);
        var now = DateTimeOffset.UtcNow;

        Append(agent, Attempt, 4000, now, made => (made.SourceIp, made.DestinationIp) = ("127.0.0.1", "127.0.0.1"));
        Append(agent, Accept, 4000, now, made => (made.SourceIp, made.DestinationIp) = ("127.0.0.1", "127.0.0.1"));
        await fleet.UntilEventsAsync(2);

        Assert.That(fleet.Content.Events[1].PeerEventId, Is.EqualTo(EventId.Format(1, 1)));
    }

    // With the clocks of both measured.
    private static async Task<TestFleet> StartAsync(TestAgent one, TestAgent two)
    {
        var fleet = TestFleet.Start(one.Address, two.Address);
        await Waiting.UntilAsync(
            "both clocks are measured", () => fleet.Fleet.ClockOf(one.NodeName) is not null && fleet.Fleet.ClockOf(two.NodeName) is not null);
        return fleet;
    }

    private static void Attempt(Event made)
    {
        made.Type = "connection";
        made.Connection = new ConnectionDetail { Outcome = ConnectionDetail.Types.Outcome.Connected };
    }

    private static void Accept(Event made)
    {
        made.Type = "accept";
        made.Accept = new AcceptDetail { AcceptQueueTime = new Duration() };
    }

    private static void Append(TestAgent agent, Action<Event> kind, uint port, DateTimeOffset time, Action<Event>? change = null)
    {
        var made = TestEvents.Make(agent.Log.Epoch, agent.Log.NextSequence, agent.NodeName, UnixNanos.From(time));
        made.SourcePort = port;
        kind(made);
        change?.Invoke(made);
        var bytes = made.ToByteArray();
        Assert.That(EventColumns.TryParse(bytes, agent.Log.Types, out var columns) && agent.Log.Append(columns, bytes), Is.True);
        agent.Log.Publish();
    }
}
