using Monitor.Aggregator.Discovery;

namespace Monitor.Aggregator.Tests.Discovery;

internal sealed class AgentListTests
{
    [Test]
    public void List_CommentsAndBlanks_AreNoAgents()
    {
        var list = AgentList.Parse("# the first rack\r\n\r\nnode-1:50051\r\n   \n\tnode-2 # port as usual\n#node-3\n[::1]:7");

        Assert.That(
            list.Agents.Select(agent => agent.ToString()), Is.EquivalentTo(new[] { "node-1:50051", "node-2:50051", "[::1]:7" }));
        Assert.That(list.BadLines, Is.Empty);
    }

    [Test]
    public void List_SameAgentTwice_IsOne() =>
        Assert.That(AgentList.Parse("node-1\nNODE-1:50051\nnode-1:50051").Agents, Has.Count.EqualTo(1));

    [Test]
    public void List_BadLines_AreNamedAndTheOthersCount()
    {
        var list = AgentList.Parse("\nnode-1:0\nnode-2\nnode 3 # blank\n");

        Assert.That(list.Agents.Select(agent => agent.Host), Is.EqualTo(new[] { "node-2" }));
        Assert.That(list.BadLines.Select(line => (line.Number, line.Text)), Is.EqualTo(new[] { (2, "node-1:0"), (4, "node 3") }));
        Assert.That(list.BadLines[0].Problem, Does.Contain("'0' is not a port"));
    }

    [TestCase("")]
    [TestCase("\n# none yet\n")]
    public void List_Empty_HasNoAgents(string text)
    {
        var list = AgentList.Parse(text);

        Assert.That((list.Agents.Count, list.BadLines.Count), Is.EqualTo((0, 0)));
    }
}
