using System.Net;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Monitor.Server.Tests.Support;
using Monitor.V1;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Server.Tests.Agents;

internal sealed class AgentsTests
{
    [Test]
    public async Task ListAgents_OnAnAgent_IsUnimplementedAndSaysWhomToAsk()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.GetAsync("/api/agents");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotImplemented));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("ask an aggregator"));
        Assert.That((await server.Status.GetStatsAsync(new GetStatsRequest())).Agents, Is.Null);
    }

    [Test]
    public async Task ListAgents_OnAnAggregator_ListsThemByNode()
    {
        var agents = new FakeAgents();
        agents.Set("b", State.Streaming);
        agents.Set("a", State.BackingOff, "connection refused");
        await using var server = await TestServer.StartAsync(agents: agents);

        var all = JsonDocument.Parse(await server.Http.GetStringAsync("/api/agents")).RootElement;
        var one = await server.Status.ListAgentsAsync(new ListAgentsRequest { NodeName = { "b" } });

        Assert.That(
            all.GetProperty("agents").EnumerateArray().Select(agent => agent.GetProperty("node_name").GetString()),
            Is.EqualTo((string[])["a", "b"]));
        Assert.That(all.GetProperty("agents")[0].GetProperty("state").GetString(), Is.EqualTo("STATE_BACKING_OFF"));
        Assert.That(one.Agents.Single().NodeName, Is.EqualTo("b"));
        Assert.That(one.Count, Is.EqualTo(1));
    }

    [TestCase(-0.25)]
    [TestCase(-2)]
    [TestCase(0.25)]
    public async Task ListAgents_WithAnyClock_AnswersOverBoth(double offset)
    {
        var agents = new FakeAgents();
        agents.SetClock("a", TimeSpan.FromSeconds(offset), TimeSpan.Zero);
        agents.Set("a", State.Streaming);
        await using var server = await TestServer.StartAsync(agents: agents);

        var rest = JsonDocument.Parse(await server.Http.GetStringAsync("/api/agents")).RootElement.GetProperty("agents")[0];
        var grpc = (await server.Status.ListAgentsAsync(new ListAgentsRequest())).Agents.Single();

        Assert.That(rest.GetProperty("clock_offset_seconds").GetDouble(), Is.EqualTo(offset));
        Assert.That(rest.TryGetProperty("clock_offset", out _), Is.EqualTo(offset >= 0));
        Assert.That(grpc.ClockOffset.ToTimeSpan().TotalSeconds, Is.EqualTo(offset));
    }

    [Test]
    public async Task Health_WithAMissingAgent_IsDegradedAndSaysWhich()
    {
        var agents = new FakeAgents();
        agents.Set("a", State.Streaming);
        agents.Set("b", State.BackingOff, "connection refused");
        agents.Set("a", State.Duplicate, "same as a", address: "other:1");
        agents.Set("c", State.Gone, address: "gone:1");
        await using var server = await TestServer.StartAsync(agents: agents);

        var health = await server.Status.GetHealthAsync(new GetHealthRequest());
        var stats = await server.Status.GetStatsAsync(new GetStatsRequest());

        Assert.That(health.Status, Is.EqualTo("degraded"));
        Assert.That(
            health.Parts.Select(part => (part.Name, part.Status)),
            Is.EqualTo(new[] { ("agent/a", "healthy"), ("agent/b", "unhealthy"), ("log", "healthy") }));
        Assert.That(health.Parts[1].Message, Does.Contain("b:50051 is out of reach since 1970").And.Contain("refused"));
        Assert.That((stats.Agents.Total, stats.Agents.Streaming), Is.EqualTo((2, 1)));
    }

    [Test]
    public async Task Health_WithoutAnyAgent_IsDegraded()
    {
        await using var server = await TestServer.StartAsync(agents: new FakeAgents());

        Assert.That((await server.Status.GetHealthAsync(new GetHealthRequest())).Status, Is.EqualTo("degraded"));
    }

    [Test]
    public async Task Stream_ThatAsksForAgents_GetsAllAndThenTheirChanges()
    {
        var agents = new FakeAgents();
        agents.Set("a", State.Streaming);
        agents.Set("b", State.Connecting);
        await using var server = await TestServer.StartAsync(agents: agents);
        using var call = server.Events.StreamEvents(new StreamEventsRequest { AgentStatus = true });
        using var silent = server.Events.StreamEvents(new StreamEventsRequest());

        var first = await call.NextAsync();
        Assert.That(first.Agents.Select(agent => agent.NodeName), Is.EquivalentTo((string[])["a", "b"]));
        Assert.That((await silent.NextAsync()).Agents, Is.Empty);

        agents.Set("b", State.Streaming);
        var second = await call.NextAsync();
        Assert.That(
            second.Agents.Select(agent => (agent.NodeName, agent.State)), Is.EqualTo(new[] { ("b", State.Streaming) }));
        server.Source.Append(1);
        Assert.That((await silent.NextAsync()).Agents, Is.Empty);
    }

    [Test]
    public async Task Stream_OfAnAggregator_HasTheWatermarkOfItsAgents()
    {
        var agents = new FakeAgents { Watermark = DateTimeOffset.UnixEpoch.AddDays(2) };
        await using var server = await TestServer.StartAsync(agents: agents);
        using var call = server.Events.StreamEvents(new StreamEventsRequest());
        Assert.That((await call.NextAsync()).Watermark.ToDateTimeOffset(), Is.EqualTo(agents.Watermark));

        // An agent that comes back is behind; what clients were told holds.
        agents.Watermark = DateTimeOffset.UnixEpoch.AddDays(1);
        server.Source.Append(1);
        Assert.That(
            (await call.NextAsync()).Watermark.ToDateTimeOffset(), Is.EqualTo(DateTimeOffset.UnixEpoch.AddDays(2)));
    }

    [Test]
    public async Task List_OfNodesWhoseClocksDisagree_SaysWhereTheOrderIsUncertain()
    {
        var agents = new FakeAgents();
        agents.SetClock("a", TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(0.5));
        agents.SetClock("b", TimeSpan.FromMilliseconds(-1), TimeSpan.FromMilliseconds(0.25));
        await using var server = await TestServer.StartAsync(agents: agents);
        // A millisecond apart; the clocks of a and b agree within 2.75.
        foreach (var (node, shift) in new[] { ("a", 0), ("a", 0), ("b", 0), ("b", 10), ("a", 20) })
        {
            server.Source.Append(1, change: made =>
            {
                made.NodeName = node;
                made.Time = (made.Time.ToDateTimeOffset() + TimeSpan.FromMilliseconds(shift)).ToTimestamp();
            });
        }

        var list = await server.Events.ListEventsAsync(new ListEventsRequest());
        var ofOne = await server.Events.ListEventsAsync(new ListEventsRequest { NodeName = { "a" } });

        Assert.That(list.Events.Select(listed => listed.NodeName), Is.EqualTo((string[])["a", "b", "b", "a", "a"]));
        Assert.That(list.OrderUncertainty.ToTimeSpan(), Is.EqualTo(TimeSpan.FromMilliseconds(2.75)));
        Assert.That(list.UncertainOrder, Is.EqualTo((int[])[2]));
        Assert.That(ofOne.OrderUncertainty, Is.Null);
        Assert.That(ofOne.UncertainOrder, Is.Empty);
    }

    // The times of two of them differ by more than a long holds, and those of the first by as much as makes its lowest.
    [Test]
    public async Task List_OfTimesThatNoClockHas_HasThemInACertainOrder()
    {
        var agents = new FakeAgents();
        agents.SetClock("a", default, default);
        agents.SetClock("b", default, default);
        await using var server = await TestServer.StartAsync(agents: agents);
        foreach (var (node, time) in new[]
        {
            ("a", null), ("b", DateTimeOffset.MinValue.ToTimestamp()), ("a", DateTimeOffset.MaxValue.ToTimestamp()),
        })
        {
            server.Source.Append(1, change: made => (made.NodeName, made.Time) = (node, time));
        }

        var all = await server.Events.ListEventsAsync(new ListEventsRequest());
        var old = await server.Events.ListEventsAsync(new ListEventsRequest { Until = DateTimeOffset.UnixEpoch.AddDays(1).ToTimestamp() });

        Assert.Multiple(() =>
        {
            Assert.That(all.Events.Select(listed => listed.NodeName), Is.EqualTo((string[])["a", "a", "b"]));
            Assert.That(all.UncertainOrder, Is.Empty);
            Assert.That(old.Events.Select(listed => listed.NodeName), Is.EqualTo((string[])["a", "b"]));
            Assert.That(old.UncertainOrder, Is.Empty);
        });
    }

    [Test]
    public async Task List_WithAClockThatWasNotMeasured_TakesItsOrderForUncertain()
    {
        var agents = new FakeAgents();
        agents.SetClock("a", default, default);
        await using var server = await TestServer.StartAsync(agents: agents);
        server.Source.Append(1, change: made => made.NodeName = "a");
        server.Source.Append(1, change: made => made.NodeName = "b");

        var list = await server.Events.ListEventsAsync(new ListEventsRequest());

        Assert.That(list.OrderUncertainty, Is.Null);
        Assert.That(list.UncertainOrder, Is.EqualTo((int[])[0]));
    }
}
