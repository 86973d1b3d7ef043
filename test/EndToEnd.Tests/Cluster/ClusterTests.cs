using System.Text.Json;
using Monitor.Agent.Tests.Kernel;
using Monitor.V1;

namespace EndToEnd.Tests.Cluster;

/// <summary>
/// Two nodes with real agents and real traffic, an aggregator, and what can happen to them. Whatever it is, the client
/// of the aggregator gets every event once, or is told that it does not.
/// </summary>
[RequiresKernel]
internal sealed class ClusterTests
{
    private ClusterNode _a = null!;
    private ClusterNode _b = null!;
    private ServerProcess _aggregator = null!;
    private ClusterClient _client = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _a = new ClusterNode("node-a", 0);
        _b = new ClusterNode("node-b", 1);
        ClusterNode.Join(_a, _b);
        await Task.WhenAll(_a.StartAgentAsync("--retention", "2MiB"), _b.StartAgentAsync());
        _aggregator = await ServerProcess.StartAsync(ServerProcess.Aggregator, "--insecure", "--agent", _a.AgentTarget, "--agent", _b.AgentTarget);
        _client = new ClusterClient(_aggregator.GrpcTarget);
        await StateAsync(_a, "STATE_STREAMING");
        await StateAsync(_b, "STATE_STREAMING");
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        _aggregator?.Dispose();
        _a?.Dispose();
        _b?.Dispose();
    }

    [Test]
    public async Task Connection_BetweenNodes_IsSeenAtBothEndsByTheirAgents()
    {
        _a.Python($"""
            s = socket.socket()
            try: s.connect(("{_b.PeerAddress}", 4444))
            except ConnectionRefusedError: pass
            """);

        var attempt = await Waiting.ForAsync("the attempt at node-a", () => Task.FromResult(_client.Events.FirstOrDefault(
            seen => seen.Connection?.Error == "ECONNREFUSED" && seen.DestinationPort == 4444)));
        var drop = await Waiting.ForAsync("the drop at node-b", () => Task.FromResult(_client.Events.FirstOrDefault(
            seen => seen.PacketDrop?.Reason == "NO_SOCKET" && seen.DestinationPort == 4444)));
        Assert.That((attempt.NodeName, attempt.SourceIp), Is.EqualTo(("node-a", _a.PeerAddress)));
        Assert.That((drop.NodeName, drop.SourceIp), Is.EqualTo(("node-b", _a.PeerAddress)));
        Assert.That(drop.SourcePort, Is.EqualTo(attempt.SourcePort));

        // The same over REST: by node, summed up, and with the programs of both.
        var ofA = await _aggregator.GetAsync("/api/events?node_name=node-a&destination_port=4444");
        Assert.That(ofA.GetProperty("events").EnumerateArray().Select(shown => shown.GetProperty("id").GetString()), Does.Contain(attempt.Id));
        Assert.That(ofA.GetProperty("events").EnumerateArray().Select(shown => shown.GetProperty("id").GetString()), Does.Not.Contain(drop.Id));
        var summary = await _aggregator.GetAsync("/api/packet-drop-summary");
        Assert.That(summary.GetProperty("by_node").TryGetProperty("node-b", out _), Is.True);
        var programs = await Waiting.ForAsync("the programs of both nodes", async () =>
            (await _aggregator.GetAsync("/api/programs")) is var list && list.GetProperty("count").GetInt32() == 4 ? list.ToString() : null);
        Assert.That(programs, Does.Contain("node-a").And.Contain("node-b"));
        await BalanceAsync();
    }

    [Test]
    public async Task Agent_KilledAndStarted_IsTakenUpFromItsFirstEvent()
    {
        _a.Connect(500);
        await _client.CompleteAsync(_a, await _a.SettledEventsAsync());

        _a.Agent.Signal("KILL");
        await _a.Agent.ExitAsync();
        await DegradedAsync(_a);
        await _a.StartAgentAsync("--retention", "2MiB");
        _a.Connect(300);
        _b.Connect(300);

        await StateAsync(_a, "STATE_STREAMING");
        await BalanceAsync();
        var restarted = _client.Losses.Single(loss => loss.Cause == LossCause.Restarted);
        Assert.That((restarted.NodeName, restarted.Count), Is.EqualTo(("node-a", 0ul)), "how many is not known");
        Assert.That(restarted.FirstTime, Is.LessThanOrEqualTo(restarted.LastTime));
        Assert.That((await AgentAsync(_a)).GetProperty("restarts").GetString(), Is.EqualTo("1"));
    }

    [Test]
    public async Task Aggregator_KilledAndStarted_ItsClientsGoOn()
    {
        _a.Connect(500);
        await _client.CompleteAsync(_a, await _a.SettledEventsAsync());

        _aggregator.Signal("KILL");
        await _aggregator.ExitAsync();
        _a.Connect(400);
        _b.Connect(400);
        _aggregator.Dispose();
        _aggregator = await ServerProcess.StartAsync(ServerProcess.Aggregator, "--insecure", "--agent", _a.AgentTarget, "--agent", _b.AgentTarget);
        _client.Target = _aggregator.GrpcTarget;
        _a.Connect(100);

        await BalanceAsync();
        Assert.That(_client.Losses, Is.Empty);
    }

    [Test]
    public async Task Agent_StoppedFor30Seconds_IsMissedWithin10AndLosesNothing()
    {
        _a.Agent.Signal("STOP");
        var stopped = Task.Delay(TimeSpan.FromSeconds(30));
        _a.Connect(1000);
        _b.Connect(100);

        await DegradedAsync(_a);
        Assert.That(stopped.IsCompleted, Is.False);
        await _client.CompleteAsync(_b, await _b.SettledEventsAsync());
        await stopped;
        _a.Agent.Signal("CONT");

        await StateAsync(_a, "STATE_STREAMING");
        await BalanceAsync();
        Assert.That(_client.Losses, Is.Empty);
    }

    [Test]
    public async Task Aggregator_StoppedFor30Seconds_LosesNothing()
    {
        _aggregator.Signal("STOP");
        var stopped = Task.Delay(TimeSpan.FromSeconds(30));
        _a.Connect(1000);
        _b.Connect(1000);
        await stopped;
        _aggregator.Signal("CONT");

        await StateAsync(_a, "STATE_STREAMING");
        await BalanceAsync();
        Assert.That(_client.Losses, Is.Empty);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Link_Cut_LosesNothing(bool unplugged)
    {
        Cut(unplugged);
        await DegradedAsync(_a);
        _a.Connect(1000);
        _b.Connect(100);
        await _client.CompleteAsync(_b, await _b.SettledEventsAsync());
        Mend(unplugged);

        await StateAsync(_a, "STATE_STREAMING");
        await BalanceAsync();
        Assert.That(_client.Losses, Is.Empty);
        Assert.That((await AgentAsync(_a)).GetProperty("reconnects").GetString(), Is.Not.EqualTo("0"));
    }

    [Test]
    public async Task Link_CutWhileTheLogWraps_TheGapIsExact()
    {
        _a.Connect(200);
        await _client.CompleteAsync(_a, await _a.SettledEventsAsync());
        Cut(unplugged: true);
        await DegradedAsync(_a);
        _a.Connect(30_000);
        Mend(unplugged: true);

        await StateAsync(_a, "STATE_STREAMING");
        await BalanceAsync();
        var gap = _client.Losses.Single();
        Assert.That((gap.NodeName, gap.Cause), Is.EqualTo(("node-a", LossCause.Evicted)));
        Assert.That(gap.FirstTime, Is.LessThanOrEqualTo(gap.LastTime));
        Assert.That(ClusterNode.Number((await AgentAsync(_a)).GetProperty("missed")), Is.EqualTo(gap.Count));
    }

    /// <summary>Both nodes: nothing came twice, what did not come was reported, and the aggregator says so too.</summary>
    private async Task BalanceAsync()
    {
        foreach (var node in new[] { _a, _b })
        {
            var last = await node.SettledEventsAsync();
            await _client.CompleteAsync(node, last);
            var agent = await AgentAsync(node);
            Assert.That(ClusterNode.Number(agent.GetProperty("last_sequence")), Is.EqualTo(last));
            Assert.That(
                ClusterNode.Number(agent.GetProperty("events")) + ClusterNode.Number(agent.GetProperty("missed")),
                Is.EqualTo(last - ClusterNode.Number(agent.GetProperty("first_sequence")) + 1));
        }
    }

    private void Cut(bool unplugged)
    {
        if (unplugged)
        {
            _a.Unplug();
        }
        else
        {
            _a.Block();
        }
    }

    private void Mend(bool unplugged)
    {
        if (unplugged)
        {
            _a.Plug();
        }
        else
        {
            _a.Unblock();
        }
    }

    private Task<string> StateAsync(ClusterNode node, string state) => Waiting.ForAsync($"{node.Name} to be {state}", async () =>
        (await AgentsAsync()).FirstOrDefault(agent =>
            agent.GetProperty("node_name").GetString() == node.Name && agent.GetProperty("state").GetString() == state)
        is { ValueKind: JsonValueKind.Object } found ? found.ToString() : null);

    /// <summary>Waits until the aggregator's health names the node; fails where that takes more than 10 s.</summary>
    private async Task DegradedAsync(ClusterNode node)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Waiting.ForAsync($"{node.Name} to be missed", async () =>
        {
            var health = await _aggregator.GetAsync("/health");
            return health.GetProperty("status").GetString() == "degraded" && health.GetProperty("parts").EnumerateArray().Any(part =>
                part.GetProperty("name").GetString() == $"agent/{node.Name}" && part.GetProperty("status").GetString() != "healthy")
                ? "" : null;
        });
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(12)), "10 s, and what this busy machine adds");
    }

    private async Task<JsonElement> AgentAsync(ClusterNode node) =>
        (await AgentsAsync()).Single(agent => agent.GetProperty("node_name").GetString() == node.Name);

    private async Task<IEnumerable<JsonElement>> AgentsAsync() =>
        (await _aggregator.GetAsync("/api/agents")).GetProperty("agents").EnumerateArray().ToList();
}
