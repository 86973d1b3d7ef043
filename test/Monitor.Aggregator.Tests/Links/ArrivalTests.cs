using Monitor.Aggregator.Tests.Links.Support;
using Monitor.V1;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Tests.Links;

internal sealed class ArrivalTests
{
    [Test]
    public async Task Events_OfTheAgentsPastAndPresent_ArriveOnceInOrderAndByteForByte()
    {
        await using var agent = await TestAgent.StartAsync();
        agent.Append(20_000);
        await using var fleet = TestFleet.Start(agent.Address);
        await fleet.UntilEventsAsync(20_000);
        for (var i = 0; i < 100; i++)
        {
            agent.Append(37);
        }

        await fleet.UntilEventsAsync(23_700);

        await fleet.UntilAsync(agent.Address, State.Streaming);
        Assert.That(fleet.Content.Bytes, Is.EqualTo(LogContent.Of(agent.Log).Bytes));
        Assert.That(fleet.Content.Losses, Is.Empty);
        var shown = fleet.Get(agent.Address);
        Assert.That(shown.NodeName, Is.EqualTo("node-1"));
        Assert.That(shown.Epoch, Is.EqualTo("0000000000000001"));
        Assert.That(shown.Version, Is.EqualTo("1.2.3"));
        Assert.That(shown.Health, Is.EqualTo("healthy"));
        Assert.That(shown.Reason, Is.Empty);
        Assert.That((shown.Events, shown.FirstSequence, shown.LastSequence, shown.Missed), Is.EqualTo((23_700, 1, 23_700, 0)));
        Assert.That((shown.Reconnects, shown.Restarts), Is.EqualTo((0, 0)));
        Assert.That(shown.LastHeardTime, Is.Not.Null);
        Assert.That(shown.LastEventTime, Is.EqualTo(fleet.Content.Events[^1].Time));
        Assert.That(shown.Lag.ToTimeSpan(), Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public async Task Losses_OfTheAgent_ArriveInTheirPlaces()
    {
        await using var agent = await TestAgent.StartAsync();
        agent.AppendLoss(7);
        agent.Append(3);
        agent.AppendLoss(5);
        agent.AppendLoss(2, LossCause.RateLimited);
        agent.Append(1);
        await using var fleet = TestFleet.Start(agent.Address);
        await fleet.UntilEventsAsync(4);
        agent.AppendLoss(9);
        await fleet.UntilAsync(agent.Address, "has all losses", shown => shown.Losses.Sum(loss => (long)loss.Count) == 23);

        Assert.That(fleet.Content.Brief, Is.EqualTo(new[]
        {
            "-7 RingFull", "1", "2", "3", "-5 RingFull", "-2 RateLimited", "4", "-9 RingFull",
        }));
        var counted = fleet.Get(agent.Address).Losses;
        Assert.That(counted.Select(loss => (loss.Cause, loss.Count)), Is.EqualTo(new[]
        {
            (LossCause.RingFull, 21ul), (LossCause.RateLimited, 2ul),
        }));
    }

    [Test]
    public async Task Agents_ManyAtOnce_EachArriveInOrder()
    {
        var agents = new List<TestAgent>();
        try
        {
            for (var i = 0; i < 8; i++)
            {
                agents.Add(await TestAgent.StartAsync($"node-{i}", epoch: (ulong)i + 1));
            }

            await using var fleet = TestFleet.Start([.. agents.Select(agent => agent.Address)]);
            await Task.WhenAll(agents.Select(agent => Task.Run(() =>
            {
                for (var i = 0; i < 50; i++)
                {
                    agent.Append(40);
                }
            })));
            await fleet.UntilEventsAsync(8 * 2000);

            var content = fleet.Content;
            var expected = Enumerable.Range(1, 2000).Select(i => (ulong)i).ToArray();
            foreach (var agent in agents)
            {
                Assert.That(content.SequencesOf(agent.NodeName), Is.EqualTo(expected), agent.NodeName);
            }
        }
        finally
        {
            foreach (var agent in agents)
            {
                await agent.DisposeAsync();
            }
        }
    }

    [Test]
    public async Task IdleAgent_IsStreamingAndItsWatermarkAdvances()
    {
        await using var agent = await TestAgent.StartAsync();
        await using var fleet = TestFleet.Start(agent.Address);
        await fleet.UntilAsync(agent.Address, State.Streaming);
        var before = DateTimeOffset.UtcNow;

        await Tests.Support.Waiting.UntilAsync("the watermark advances", () => fleet.Fleet.Watermark > before);

        var shown = fleet.Get(agent.Address);
        Assert.That((shown.Events, shown.FirstSequence, shown.LastSequence), Is.EqualTo((0, 1, 0)));
        Assert.That(shown.LastEventTime, Is.Null);
        Assert.That(shown.Lag, Is.Not.Null);
    }

    [Test]
    public async Task Clock_OfAnAgentThatIsTenSecondsAhead_IsMeasured()
    {
        await using var agent = await TestAgent.StartAsync(time: new ShiftedTime(TimeSpan.FromSeconds(10)));
        await using var fleet = TestFleet.Start(agent.Address);
        await fleet.UntilAsync(agent.Address, "has a clock", shown => shown.ClockOffset is not null);

        var clock = fleet.Fleet.ClockOf("node-1")!.Value;

        Assert.That(clock.Uncertainty, Is.GreaterThan(TimeSpan.Zero).And.LessThan(TimeSpan.FromSeconds(5)));
        Assert.That((clock.Offset - TimeSpan.FromSeconds(10)).Duration(), Is.LessThanOrEqualTo(clock.Uncertainty));
        Assert.That(fleet.Fleet.ClockOf("another"), Is.Null);
    }

    [Test]
    public async Task Agent_WhoseClockIsSetBack_StreamsAgainAsSoonAsItIsIdle()
    {
        // Until its clock is where it was, it repeats its watermark, with every message.
        var time = new ShiftedTime(TimeSpan.Zero);
        await using var agent = await TestAgent.StartAsync(time: time);
        await using var fleet = TestFleet.Start(TestFleet.Options(catchingUpAfter: TimeSpan.Zero), agent.Address);
        await fleet.UntilAsync(agent.Address, State.Streaming);
        var before = fleet.Get(agent.Address).StateTime;

        time.Set(TimeSpan.FromHours(-1));
        agent.Append(10);
        await fleet.UntilEventsAsync(10);

        await fleet.UntilAsync(
            agent.Address, "was catching up and streams", shown => shown.State == State.Streaming && shown.StateTime > before);
        Assert.That(fleet.Content.Bytes, Is.EqualTo(LogContent.Of(agent.Log).Bytes));
    }

    [Test]
    public async Task Version_OfTheFleet_GrowsWithAStateThatCanThenBeSeen()
    {
        await using var agent = await TestAgent.StartAsync();
        await using var fleet = TestFleet.Start();
        var before = fleet.Fleet.Version;

        fleet.List(agent.Address);
        await fleet.UntilAsync(agent.Address, State.Streaming);
        var streaming = fleet.Fleet.Version;
        await agent.StopServerAsync();
        await fleet.UntilAsync(agent.Address, State.BackingOff);

        Assert.That(streaming, Is.GreaterThan(before));
        Assert.That(fleet.Fleet.Version, Is.GreaterThan(streaming));
    }
}
