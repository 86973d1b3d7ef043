using Monitor.Aggregator.Tests.Links.Support;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Tests.Links;

internal sealed class IdentityTests
{
    [Test]
    public async Task Agent_AtTwoAddresses_IsHeldOnceAndTakenOverWhereTheHolderDies()
    {
        await using var agent = await TestAgent.StartAsync();
        await using var relay = new TcpRelay(agent.Address);
        await using var fleet = TestFleet.Start(relay.Address);
        await fleet.UntilAsync(relay.Address, State.Streaming);
        fleet.List(relay.Address, agent.Address);
        await fleet.UntilAsync(agent.Address, State.Duplicate);
        agent.Append(1000);
        await fleet.UntilEventsAsync(1000);

        Assert.That(fleet.Get(agent.Address).Reason, Does.Contain(relay.Address));
        Assert.That(fleet.Get(agent.Address).NodeName, Is.EqualTo("node-1"));
        Assert.That(fleet.Get(agent.Address).Events, Is.Zero, "the holder shows the counts");

        relay.Cut();
        agent.Append(1000);
        await fleet.UntilAsync(agent.Address, State.Streaming);
        await fleet.UntilEventsAsync(2000);
        relay.Mend();
        await fleet.UntilAsync(relay.Address, State.Duplicate);

        Assert.That(fleet.Content.Bytes, Is.EqualTo(LogContent.Of(agent.Log).Bytes));
        Assert.That(fleet.Content.Losses, Is.Empty);
        Assert.That(fleet.Get(agent.Address).Events, Is.EqualTo(2000));
        Assert.That(fleet.Get(relay.Address).Events, Is.Zero);
    }

    [Test]
    public async Task Agents_WithTheSameNodeName_AreNotMixedAndTheSecondIsToldWhy()
    {
        await using var first = await TestAgent.StartAsync(epoch: 1);
        await using var second = await TestAgent.StartAsync(epoch: 2);
        await using var fleet = TestFleet.Start(first.Address);
        await fleet.UntilAsync(first.Address, State.Streaming);
        fleet.List(first.Address, second.Address);
        await fleet.UntilAsync(second.Address, State.Failed);
        first.Append(10);
        second.Append(10);
        await fleet.UntilEventsAsync(10);

        Assert.That(fleet.Get(second.Address).Reason, Is.EqualTo(
            $"node name 'node-1' is taken by {first.Address}; give one of them another --node-name"));
        Assert.That(fleet.Content.Events.Select(e => e.Id), Has.All.StartsWith("0000000000000001-"));
        Assert.That(fleet.Log.GetStatistics().Appended, Is.EqualTo(10));
    }

    [Test]
    public async Task Agent_BackUnderAnotherAddressAsANewRun_IsTakenOverWithARestart()
    {
        await using var first = await TestAgent.StartAsync(epoch: 1);
        first.Append(4);
        await using var second = await TestAgent.StartAsync(epoch: 2);
        second.Append(3);
        await using var fleet = TestFleet.Start(first.Address);
        await fleet.UntilEventsAsync(4);

        fleet.List(first.Address, second.Address);
        await fleet.UntilAsync(second.Address, State.Failed);
        await first.StopServerAsync();
        await fleet.UntilAsync(second.Address, State.Streaming);
        await fleet.UntilEventsAsync(7);

        Assert.That(fleet.Content.Brief, Is.EqualTo(new[] { "1", "2", "3", "4", "-0 Restarted", "1", "2", "3" }));
        Assert.That(fleet.Get(second.Address).Restarts, Is.EqualTo(1));
    }

    /// <summary>Ids of events and resume tokens have the run and not the node: who took another's would hide its events.</summary>
    [Test]
    public async Task Agent_WithTheRunOfAnother_IsNotTaken()
    {
        await using var first = await TestAgent.StartAsync("node-1", epoch: 7);
        await using var second = await TestAgent.StartAsync("node-2", epoch: 7);
        first.Append(10);
        second.Append(10);
        await using var fleet = TestFleet.Start(first.Address);
        await fleet.UntilEventsAsync(10);

        fleet.List(first.Address, second.Address);
        await fleet.UntilAsync(second.Address, State.Failed);

        Assert.That(fleet.Get(second.Address).Reason, Does.Contain("which is that of the agent on 'node-1'"));
        Assert.That(fleet.Get(first.Address).State, Is.EqualTo(State.Streaming));
    }
}
