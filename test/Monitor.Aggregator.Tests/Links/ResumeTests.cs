using Monitor.Aggregator.Tests.Links.Support;
using Monitor.V1;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Tests.Links;

internal sealed class ResumeTests
{
    [Test]
    public async Task Link_AfterTheServerWasAway_GoesOnWithoutGapOrRepetition()
    {
        await using var agent = await TestAgent.StartAsync();
        agent.Append(1000);
        await using var fleet = TestFleet.Start(agent.Address);
        await fleet.UntilEventsAsync(1000);
        for (var i = 1; i <= 3; i++)
        {
            await agent.StopServerAsync();
            await fleet.UntilAsync(agent.Address, State.BackingOff);
            agent.Append(500);
            agent.AppendLoss(3);
            agent.Append(500);
            await agent.StartServerAsync();
            await fleet.UntilEventsAsync(1000 + i * 1000);
        }

        Assert.That(fleet.Content.Bytes, Is.EqualTo(LogContent.Of(agent.Log).Bytes));
        Assert.That(fleet.Content.Brief, Is.EqualTo(LogContent.Of(agent.Log).Brief));
        var shown = fleet.Get(agent.Address);
        Assert.That((shown.Reconnects, shown.Restarts, shown.Missed), Is.EqualTo((3, 0, 0)));
        Assert.That(shown.LastSequence - shown.FirstSequence + 1, Is.EqualTo(shown.Events + shown.Missed));
    }

    [Test]
    public async Task Link_CutAgainAndAgainUnderLoad_BringsEverythingOnce()
    {
        await using var agent = await TestAgent.StartAsync();
        await using var relay = new TcpRelay(agent.Address);
        await using var fleet = TestFleet.Start(relay.Address);
        for (var i = 0; i < 20; i++)
        {
            agent.Append(700);
            if (i % 4 == 3)
            {
                await fleet.UntilAsync(relay.Address, "streams", shown => shown.State is State.Streaming or State.CatchingUp);
                relay.Cut();
                agent.Append(100);
                relay.Mend();
            }
        }

        await fleet.UntilEventsAsync(20 * 700 + 500);

        Assert.That(fleet.Content.Bytes, Is.EqualTo(LogContent.Of(agent.Log).Bytes));
        Assert.That(fleet.Content.Losses, Is.Empty);
    }

    [Test]
    public async Task Link_AfterTheAgentRestarted_SaysWhatIsNotKnownAndStartsWithTheOldest()
    {
        await using var agent = await TestAgent.StartAsync(epoch: 1);
        agent.Append(5);
        await using var fleet = TestFleet.Start(agent.Address);
        await fleet.UntilEventsAsync(5);
        var before = DateTimeOffset.UtcNow;

        await agent.RestartAsync(epoch: 2, events: 3);
        await fleet.UntilEventsAsync(8);

        Assert.That(fleet.Content.Brief, Is.EqualTo(new[] { "1", "2", "3", "4", "5", "-0 Restarted", "1", "2", "3" }));
        var loss = fleet.Content.Losses.Single();
        Assert.That(loss.NodeName, Is.EqualTo("node-1"));
        Assert.That(loss.FirstTime.ToDateTimeOffset(), Is.LessThan(before.AddSeconds(1)));
        Assert.That(loss.LastTime.ToDateTimeOffset(), Is.GreaterThan(before));
        await fleet.UntilAsync(agent.Address, "shows the new run", shown => shown.Restarts == 1);
        var shown = fleet.Get(agent.Address);
        Assert.That(shown.Epoch, Is.EqualTo("0000000000000002"));
        Assert.That((shown.Events, shown.FirstSequence, shown.LastSequence), Is.EqualTo((3, 1, 3)));
    }

    [Test]
    public async Task Link_AfterTheAgentRestartedAndItsLogWrapped_CountsWhatIsMissingOfTheNewRun()
    {
        await using var agent = await TestAgent.StartAsync(epoch: 1, retentionBytes: 1 << 20);
        agent.Append(5);
        await using var fleet = TestFleet.Start(agent.Address);
        await fleet.UntilEventsAsync(5);

        await agent.RestartAsync(epoch: 2, events: 20_000);
        await fleet.UntilAsync(agent.Address, "is at the end", shown => shown.LastSequence == 20_000);

        var evicted = (ulong)agent.Log.GetStatistics().Evicted;
        Assert.That(
            fleet.Content.Losses.Select(loss => (loss.Cause, loss.Count)),
            Is.EqualTo(new[] { (LossCause.Restarted, 0ul), (LossCause.Evicted, evicted) }));
        var shown = fleet.Get(agent.Address);
        Assert.That((shown.FirstSequence, shown.Missed, shown.Events), Is.EqualTo((1ul, evicted, 20_000 - evicted)));
    }

    [Test]
    public async Task Link_AfterTheLogWrapped_SaysExactlyWhatIsMissing()
    {
        await using var agent = await TestAgent.StartAsync(retentionBytes: 1 << 20);
        agent.Append(100);
        await using var fleet = TestFleet.Start(agent.Address);
        await fleet.UntilEventsAsync(100);
        await agent.StopServerAsync();
        await fleet.UntilAsync(agent.Address, State.BackingOff);

        agent.Append(20_000);
        var oldest = (ulong)agent.Log.GetStatistics().Evicted + 1;
        await agent.StartServerAsync();
        await fleet.UntilAsync(agent.Address, "is at the end", shown => shown.LastSequence == 20_100);

        var loss = fleet.Content.Losses.Single();
        Assert.That((loss.Cause, loss.Count, loss.NodeName), Is.EqualTo((LossCause.Evicted, oldest - 101, "node-1")));
        var expected = Enumerable.Range(1, 20_100).Select(i => (ulong)i).Where(i => i <= 100 || i >= oldest);
        Assert.That(fleet.Content.SequencesOf("node-1"), Is.EqualTo(expected));
        var shown = fleet.Get(agent.Address);
        Assert.That(shown.Missed, Is.EqualTo(oldest - 101));
        Assert.That(shown.LastSequence - shown.FirstSequence + 1, Is.EqualTo(shown.Events + shown.Missed));
        Assert.That(shown.Losses.Single(), Is.EqualTo(new LossCount { Cause = LossCause.Evicted, Count = oldest - 101 }));
    }

    [Test]
    public async Task Link_ToAnAgentWhoseLogHasWrapped_StartsWithTheOldestAndCallsNothingMissing()
    {
        await using var agent = await TestAgent.StartAsync(retentionBytes: 1 << 20);
        agent.AppendLoss(4);
        agent.Append(20_000);
        var oldest = (ulong)agent.Log.GetStatistics().Evicted + 1;
        await using var fleet = TestFleet.Start(agent.Address);
        await fleet.UntilAsync(agent.Address, "is at the end", shown => shown.LastSequence == 20_000);

        // What the kernel lost before is known to the agent, and is told.
        Assert.That(fleet.Content.Brief, Is.EqualTo(
            Enumerable.Range((int)oldest, 20_001 - (int)oldest).Select(i => $"{i}").Prepend("-4 RingFull")));
        var shown = fleet.Get(agent.Address);
        Assert.That((shown.FirstSequence, shown.Missed), Is.EqualTo((oldest, 0)));
        Assert.That(shown.LastSequence - shown.FirstSequence + 1, Is.EqualTo(shown.Events));
    }
}
