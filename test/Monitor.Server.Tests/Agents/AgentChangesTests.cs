using Monitor.Server.Tests.Support;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Server.Tests.Agents;

internal sealed class AgentChangesTests
{
    [Test]
    public void Changes_InQuickSuccession_AreToldOnceIn250Milliseconds()
    {
        var time = new ManualTime();
        var agents = new FakeAgents();
        agents.Set("a", State.Connecting);
        agents.Set("b", State.Streaming);
        var changes = new AgentChanges(agents, time);
        Assert.That(Take(changes), Is.EquivalentTo(new[] { ("a", State.Connecting), ("b", State.Streaming) }), "the first at once");

        agents.Set("a", State.Streaming);
        Assert.That((changes.Any, changes.Take().Count), Is.EqualTo((false, 0)));
        time.Advance(TimeSpan.FromMilliseconds(249));
        agents.Set("a", State.BackingOff);
        Assert.That((changes.Any, changes.Take().Count), Is.EqualTo((false, 0)));

        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(changes.Any, Is.True);
        Assert.That(Take(changes), Is.EqualTo(new[] { ("a", State.BackingOff) }), "as it is now, and no other");

        agents.Set("a", State.Streaming);
        Assert.That(changes.Any, Is.False, "the pace is that of what was told");
        time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.That(Take(changes), Is.EqualTo(new[] { ("a", State.Streaming) }));
    }

    [Test]
    public void Changes_AfterALongSilence_AreToldAtOnce()
    {
        var time = new ManualTime();
        var agents = new FakeAgents();
        var changes = new AgentChanges(agents, time);
        Assert.That(Take(changes), Is.Empty);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(changes.Any, Is.False, "nothing has changed");

        agents.Set("a", State.Streaming);

        Assert.That(Take(changes), Is.EqualTo(new[] { ("a", State.Streaming) }));
    }

    private static IEnumerable<(string NodeName, State State)> Take(AgentChanges changes) =>
        changes.Take().Select(agent => (agent.NodeName, agent.State));
}
