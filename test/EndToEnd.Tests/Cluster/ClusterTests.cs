using Monitor.Agent.Tests.Kernel;
using Monitor.V1;

namespace EndToEnd.Tests.Cluster;

/// <summary>
/// Two nodes with real agents and real traffic, an aggregator, and what can happen to them. Whatever it is, the client
/// of the aggregator gets every event once, or is told that it does not.
/// </summary>
[RequiresKernel]
internal sealed class ClusterTests : ClusterFixture
{
    [Test]
    public async Task Connection_BetweenNodes_IsSeenAtBothEndsByTheirAgents()
    {
        A.Python($"""
            s = socket.socket()
            try: s.connect(("{B.PeerAddress}", 4444))
            except ConnectionRefusedError: pass
            """);

        var attempt = await Waiting.ForAsync("the attempt at node-a", () => Task.FromResult(Client.Events.FirstOrDefault(
            seen => seen.Connection?.Error == "ECONNREFUSED" && seen.DestinationPort == 4444)));
        var drop = await Waiting.ForAsync("the drop at node-b", () => Task.FromResult(Client.Events.FirstOrDefault(
            seen => seen.PacketDrop?.Reason == "NO_SOCKET" && seen.DestinationPort == 4444)));
        Assert.That((attempt.NodeName, attempt.SourceIp), Is.EqualTo(("node-a", A.PeerAddress)));
        Assert.That((drop.NodeName, drop.SourceIp), Is.EqualTo(("node-b", A.PeerAddress)));
        Assert.That(drop.SourcePort, Is.EqualTo(attempt.SourcePort));

        // The same over REST: by node, summed up, and with the programs of both.
        var ofA = await Aggregator.GetAsync("/api/events?node_name=node-a&destination_port=4444");
        Assert.That(ofA.GetProperty("events").EnumerateArray().Select(shown => shown.GetProperty("id").GetString()), Does.Contain(attempt.Id));
        Assert.That(ofA.GetProperty("events").EnumerateArray().Select(shown => shown.GetProperty("id").GetString()), Does.Not.Contain(drop.Id));
        var summary = await Aggregator.GetAsync("/api/packet-drop-summary");
        Assert.That(summary.GetProperty("by_node").TryGetProperty("node-b", out _), Is.True);
        var programs = await Waiting.ForAsync("the programs of both nodes", async () =>
            (await Aggregator.GetAsync("/api/programs")) is var list && list.GetProperty("programs").EnumerateArray()
                .Count(program => program.GetProperty("status").GetString() == "active") == 4 ? list.ToString() : null);
        Assert.That(programs, Does.Contain("node-a").And.Contain("node-b"));
        await BalanceAsync();
    }

    [Test]
    public async Task Agent_KilledAndStarted_IsTakenUpFromItsFirstEvent()
    {
        A.Connect(500);
        await Client.CompleteAsync(A, await A.SettledEventsAsync());

        A.Agent.Signal("KILL");
        await A.Agent.ExitAsync();
        await DegradedAsync(A);
        Client.BeginRun(A);
        await A.StartAgentAsync("--retention", "2MiB");
        A.Connect(300);
        B.Connect(300);

        await StateAsync(A, "STATE_STREAMING");
        await BalanceAsync();
        var restarted = Client.Losses.Single(loss => loss.Cause == LossCause.Restarted);
        Assert.That((restarted.NodeName, restarted.Count), Is.EqualTo(("node-a", 0ul)), "how many is not known");
        Assert.That(restarted.FirstTime, Is.LessThanOrEqualTo(restarted.LastTime));
        Assert.That((await AgentAsync(A)).GetProperty("restarts").GetString(), Is.EqualTo("1"));
    }

    [Test]
    public async Task Aggregator_KilledAndStarted_ItsClientsGoOn()
    {
        A.Connect(500);
        await Client.CompleteAsync(A, await A.SettledEventsAsync());

        Aggregator.Signal("KILL");
        await Aggregator.ExitAsync();
        A.Connect(400);
        B.Connect(400);
        await StartAggregatorAsync();
        A.Connect(100);

        await BalanceAsync();
        Assert.That(Client.Losses, Is.Empty);
    }

    [Test]
    public async Task Agent_StoppedFor30Seconds_IsMissedWithin10AndLosesNothing()
    {
        A.Agent.Signal("STOP");
        var stopped = Task.Delay(TimeSpan.FromSeconds(30));
        A.Connect(1000);
        B.Connect(100);

        await DegradedAsync(A);
        Assert.That(stopped.IsCompleted, Is.False);
        await Client.CompleteAsync(B, await B.SettledEventsAsync());
        await stopped;
        A.Agent.Signal("CONT");

        await StateAsync(A, "STATE_STREAMING");
        await BalanceAsync();
        Assert.That(Client.Losses, Is.Empty);
    }

    [Test]
    public async Task Aggregator_StoppedFor30Seconds_LosesNothing()
    {
        Aggregator.Signal("STOP");
        var stopped = Task.Delay(TimeSpan.FromSeconds(30));
        A.Connect(1000);
        B.Connect(1000);
        await stopped;
        Aggregator.Signal("CONT");

        await StateAsync(A, "STATE_STREAMING");
        await BalanceAsync();
        Assert.That(Client.Losses, Is.Empty);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Link_Cut_LosesNothing(bool unplugged)
    {
        Cut(unplugged);
        await DegradedAsync(A);
        A.Connect(1000);
        B.Connect(100);
        await Client.CompleteAsync(B, await B.SettledEventsAsync());
        Mend(unplugged);

        await StateAsync(A, "STATE_STREAMING");
        await BalanceAsync();
        Assert.That(Client.Losses, Is.Empty);
        Assert.That((await AgentAsync(A)).GetProperty("reconnects").GetString(), Is.Not.EqualTo("0"));
    }

    [Test]
    public async Task Link_CutWhileTheLogWraps_TheGapIsExact()
    {
        A.Connect(200);
        await Client.CompleteAsync(A, await A.SettledEventsAsync());
        Cut(unplugged: true);
        await DegradedAsync(A);
        A.Connect(30_000);
        Mend(unplugged: true);

        await StateAsync(A, "STATE_STREAMING");
        await BalanceAsync();
        var gap = Client.Losses.Single();
        Assert.That((gap.NodeName, gap.Cause), Is.EqualTo(("node-a", LossCause.Evicted)));
        Assert.That(gap.FirstTime, Is.LessThanOrEqualTo(gap.LastTime));
        Assert.That(ClusterNode.Number((await AgentAsync(A)).GetProperty("missed")), Is.EqualTo(gap.Count));
    }
}
