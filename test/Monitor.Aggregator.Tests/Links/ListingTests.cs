using Monitor.Aggregator.Tests.Links.Support;
using Monitor.Aggregator.Tests.Support;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Tests.Links;

internal sealed class ListingTests
{
    [Test]
    public async Task Agent_ThatIsNotListedAnyMore_IsGoneAndResumesWhenItIsBack()
    {
        await using var agent = await TestAgent.StartAsync();
        await using var other = await TestAgent.StartAsync("node-2", epoch: 2);
        agent.Append(100);
        await using var fleet = TestFleet.Start(agent.Address, other.Address);
        await fleet.UntilEventsAsync(100);

        fleet.List(other.Address);
        await fleet.UntilAsync(agent.Address, State.Gone);
        agent.Append(100);
        other.Append(10);
        await fleet.UntilEventsAsync(110);
        Assert.That(fleet.Get(agent.Address).Events, Is.EqualTo(100));

        fleet.List(other.Address, agent.Address);
        await fleet.UntilEventsAsync(210);

        Assert.That(fleet.Content.SequencesOf("node-1"), Is.EqualTo(Enumerable.Range(1, 200).Select(i => (ulong)i)));
        Assert.That(fleet.Content.Losses, Is.Empty);
    }

    [Test]
    public async Task Agent_ThatIsGoneForLong_IsForgottenButForHowFarItWasRead()
    {
        await using var agent = await TestAgent.StartAsync();
        agent.Append(100);
        await using var fleet = TestFleet.Start(
            TestFleet.Options(forgetAfter: TimeSpan.FromMilliseconds(100)), agent.Address);
        await fleet.UntilEventsAsync(100);
        await Waiting.UntilAsync("programs are known", () => fleet.Programs.Count == 1);

        fleet.List();
        await Waiting.UntilAsync("it is forgotten", () => fleet.Find(agent.Address) is null);
        await Waiting.UntilAsync("its programs are", () => fleet.Programs.Count == 0);
        agent.Append(100);
        fleet.List(agent.Address);
        await fleet.UntilEventsAsync(200);

        Assert.That(fleet.Content.Bytes, Is.EqualTo(LogContent.Of(agent.Log).Bytes));
        Assert.That(fleet.Content.Losses, Is.Empty);
    }

    [Test]
    public async Task Address_ListedAndUnlistedInAHurry_EndsAsItWasListedLast()
    {
        await using var agent = await TestAgent.StartAsync();
        agent.Append(50);
        await using var fleet = TestFleet.Start();
        for (var i = 0; i < 50; i++)
        {
            fleet.List(agent.Address);
            fleet.List();
        }

        fleet.List(agent.Address);
        await fleet.UntilEventsAsync(50);
        await fleet.UntilAsync(agent.Address, State.Streaming);

        Assert.That(fleet.Content.Bytes, Is.EqualTo(LogContent.Of(agent.Log).Bytes));
    }

    [Test]
    public async Task Programs_OfAnAgentThatIsOutOfReach_AreUnknownAndSayWhy()
    {
        await using var agent = await TestAgent.StartAsync();
        await using var fleet = TestFleet.Start(agent.Address);
        await Waiting.UntilAsync("programs are known", () => fleet.Programs.Count == 1);
        Assert.That(fleet.Programs[0].Status, Is.EqualTo("active"));

        await agent.StopServerAsync();
        await fleet.UntilAsync(agent.Address, State.BackingOff);

        var program = fleet.Programs[0];
        Assert.That((program.Name, program.NodeName, program.Status), Is.EqualTo(("connection", "node-1", "unknown")));
        Assert.That(program.Error, Does.StartWith($"agent at {agent.Address} is out of reach since 20"));
    }
}
