using Monitor.Aggregator.Tests.Links.Support;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Tests.Links;

/// <summary>Who does not answer is noticed, within 10 s by default; here a second.</summary>
internal sealed class SilenceTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    [Test]
    public async Task Server_ThatAcceptsAndHangs_IsBackedOffFrom()
    {
        await using var server = TcpDouble.Hanging();
        await using var fleet = TestFleet.Start(TestFleet.Options(silenceLimit: Limit), server.Address);

        await fleet.UntilAsync(server.Address, State.BackingOff);

        Assert.That(fleet.Get(server.Address).Reason, Does.Contain("did not answer in time"));
    }

    [Test]
    public async Task Agent_ThatSendsNoHeartbeats_IsBackedOffFrom()
    {
        await using var agent = await TestAgent.StartAsync(heartbeat: TimeSpan.FromHours(1));
        await using var fleet = TestFleet.Start(TestFleet.Options(silenceLimit: Limit), agent.Address);
        await fleet.UntilAsync(agent.Address, State.Streaming);

        await fleet.UntilAsync(agent.Address, State.BackingOff);

        Assert.That(fleet.Get(agent.Address).Reason, Does.StartWith("it was silent for 1 s"));
    }

    [Test]
    public async Task Connection_ThatGoesDeadWithoutAWord_IsMadeAnewOverAnotherAddress()
    {
        await using var agent = await TestAgent.StartAsync();
        await using var relay = new TcpRelay(agent.Address);
        await using var fleet = TestFleet.Start(TestFleet.Options(silenceLimit: Limit), relay.Address);
        await fleet.UntilAsync(relay.Address, State.Streaming);
        fleet.List(relay.Address, agent.Address);
        await fleet.UntilAsync(agent.Address, State.Duplicate);

        await relay.FreezeAsync();
        agent.Append(500);
        await fleet.UntilEventsAsync(500);

        await fleet.UntilAsync(relay.Address, State.BackingOff);
        Assert.That(fleet.Get(agent.Address).State, Is.EqualTo(State.Streaming).Or.EqualTo(State.CatchingUp));
        Assert.That(fleet.Content.Bytes, Is.EqualTo(LogContent.Of(agent.Log).Bytes));
    }

    [Test]
    public async Task Fleet_WithLinksThatHang_StopsAtOnce()
    {
        await using var server = TcpDouble.Hanging();
        await using var agent = await TestAgent.StartAsync();
        var fleet = TestFleet.Start(server.Address, agent.Address);
        await fleet.UntilAsync(agent.Address, State.Streaming);

        var clock = System.Diagnostics.Stopwatch.StartNew();
        await fleet.DisposeAsync();

        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(2)));
    }
}
