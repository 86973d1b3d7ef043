using Google.Protobuf;
using Monitor.Aggregator.Links;
using Monitor.Aggregator.Tests.Links.Support;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Tests.Links;

/// <summary>The open connections of a fleet.</summary>
internal sealed class ConnectionTests
{
    [Test]
    public async Task Pages_OfTwoAgents_HaveAllInOrderOnce()
    {
        await using var one = await TestAgent.StartAsync("node-1", epoch: 1);
        await using var two = await TestAgent.StartAsync("node-2", epoch: 2);
        one.Open(Enumerable.Range(1, 95).Reverse());
        two.Open(Enumerable.Range(1, 40));
        await using var fleet = await LinkedAsync(one, two);

        foreach (var limit in (int[])[1, 7, 40, 95, 134, 135, 1000])
        {
            var seen = new List<string>();
            var token = "";
            do
            {
                var (query, page) = await ListAsync(fleet, limit: limit, token: token);
                Assert.That((page.TotalCount, page.Incomplete.Count), Is.EqualTo((135L, 0)));
                Assert.That(page.Connections, Has.Count.InRange(1, limit));
                seen.AddRange(page.Connections.Select(connection => $"{connection.NodeName} {connection.ConnectionId}"));
                token = page.HasMore ? query.TokenAfter(page.Last!.Value) : "";
            }
            while (token.Length > 0);

            Assert.That(seen, Is.EqualTo(Enumerable.Range(1, 95).Select(id => $"node-1 {id}").Concat(Enumerable.Range(1, 40).Select(id => $"node-2 {id}"))));
        }
    }

    [Test]
    public async Task FilterByNode_AsksThatAgentAlone()
    {
        await using var one = await TestAgent.StartAsync("node-1", epoch: 1);
        await using var two = await TestAgent.StartAsync("node-2", epoch: 2);
        one.Open([1]);
        two.Open([2]);
        await using var fleet = await LinkedAsync(one, two);

        var (_, page) = await ListAsync(fleet, new EventFilter { NodeName = { "node-2", "node-9" }, DestinationPort = { 443 } });

        Assert.That(page.Connections.Single().ConnectionId, Is.EqualTo(2));
        Assert.That(one.LastQuery, Is.Null);
        Assert.That(two.LastQuery!.Filter.Canonical.DestinationPort, Is.EqualTo([443]));
        var unknown = page.Incomplete.Single();
        Assert.That((unknown.NodeName, unknown.Unanswered, unknown.Reason), Is.EqualTo(("node-9", true, "no agent of it is known")));
    }

    [Test]
    public async Task Agents_ThatCannotAnswer_AreNamedWithTheReason()
    {
        await using var good = await TestAgent.StartAsync("a-good", epoch: 1);
        await using var gone = await TestAgent.StartAsync("b-gone", epoch: 2);
        await using var slow = await TestAgent.StartAsync("c-slow", epoch: 3);
        await using var older = await AgentDouble.StartAsync();
        await using var partial = await TestAgent.StartAsync("e-partial", epoch: 5);
        older.NodeName = "d-older";
        slow.ConnectionsReady = new TaskCompletionSource().Task;
        partial.ConnectionsMissing = "the table was full";
        foreach (var agent in (TestAgent[])[good, gone, slow, partial])
        {
            agent.Open([1]);
        }

        await using var fleet = TestFleet.Start(
            TestFleet.Options(silenceLimit: TimeSpan.FromSeconds(2)), good.Address, gone.Address, slow.Address, older.Address, partial.Address, "127.0.0.1:1");
        foreach (var address in (string[])[good.Address, gone.Address, slow.Address, partial.Address])
        {
            await fleet.UntilAsync(address, State.Streaming);
        }

        await fleet.UntilAsync(older.Address, "has its name", agent => agent.NodeName == "d-older");
        await fleet.UntilAsync("127.0.0.1:1", State.BackingOff);
        await gone.StopServerAsync();
        await fleet.UntilAsync(gone.Address, State.BackingOff);

        var (_, page) = await ListAsync(fleet, new EventFilter());

        Assert.That(page.Connections.Select(connection => connection.NodeName), Is.EqualTo(["a-good", "e-partial"]));
        var incomplete = page.Incomplete.ToDictionary(node => node.NodeName);
        Assert.That(incomplete.Keys, Is.EquivalentTo(["", "b-gone", "c-slow", "d-older", "e-partial"]));
        Assert.That(incomplete[""].Reason, Does.StartWith("the agent at 127.0.0.1:1 has not been reached: "));
        Assert.That(incomplete["b-gone"].Reason, Does.Contain("is out of reach since 20"));
        Assert.That(incomplete["c-slow"].Reason, Is.EqualTo("it did not answer in time"));
        Assert.That(incomplete["d-older"].Unanswered, Is.True);
        Assert.That((incomplete["e-partial"].Unanswered, incomplete["e-partial"].Reason), Is.EqualTo((false, "the table was full")));
    }

    [Test]
    public async Task Peers_OfTheCluster_AreNamedAndCanBeFilteredBy()
    {
        await using var one = await TestAgent.StartAsync("node-1", epoch: 1);
        await using var two = await TestAgent.StartAsync("node-2", epoch: 2);
        one.Open(Enumerable.Range(1, 30));
        two.Open(Enumerable.Range(1, 30));
        await using var fleet = await LinkedAsync(one, two);
        var connections = new FleetConnections(() => fleet.Fleet.Links, new EvenPeers(), TimeProvider.System);
        var seen = new List<OpenConnection>();
        var token = "";
        do
        {
            var query = ConnectionQuery.Compile(new EventFilter { PeerServiceName = { "even" } }, [], 4, token);
            var page = await connections.ListAsync(query, CancellationToken.None);
            Assert.That(page.TotalCount, Is.EqualTo(30));
            seen.AddRange(page.Connections);
            token = page.HasMore ? query.TokenAfter(page.Last!.Value) : "";
        }
        while (token.Length > 0);

        Assert.That(seen.Select(connection => connection.PeerServiceName), Has.Exactly(30).EqualTo("even"));
        Assert.That(seen.Select(connection => (connection.NodeName, connection.ConnectionId)).ToList(), Is.Unique.And.Count.EqualTo(30));
        Assert.That(seen.All(connection => connection.ConnectionId % 2 == 0), Is.True);
    }

    /// <summary>Two bytes can be a connection, which takes three hundred in memory.</summary>
    [Test]
    public async Task Answer_WithMoreThanWasAskedFor_IsNotRead()
    {
        await using var agent = await AgentDouble.StartAsync();
        agent.Answer = path => path.EndsWith("/ListOpenConnections", StringComparison.Ordinal)
            ? [.. Enumerable.Repeat<byte[]>([0x0a, 0], 2_000_000).SelectMany(connection => connection)]
            : null;
        await using var fleet = TestFleet.Start(agent.Address);
        await fleet.UntilAsync(agent.Address, "has its name", known => known.NodeName.Length > 0);

        var (_, page) = await ListAsync(fleet, limit: 5);

        Assert.That(page.Connections, Is.Empty);
        Assert.That(page.Incomplete.Single().Reason, Does.Contain("2000000 parts"));
    }

    /// <summary>Where the aggregator filters, it reads an agent's pages to their end.</summary>
    [Test]
    public async Task Pages_WithoutEnd_EndWhereTheyRepeat()
    {
        await using var agent = await AgentDouble.StartAsync();
        var connection = new OpenConnection { ConnectionId = 7 };
        var pages = 0;
        agent.Answer = path =>
        {
            if (!path.EndsWith("/ListOpenConnections", StringComparison.Ordinal))
            {
                return null;
            }

            pages++;
            return new ListOpenConnectionsResponse { Connections = { Enumerable.Repeat(connection, 1000) }, NextPageToken = "more" }.ToByteArray();
        };
        await using var fleet = TestFleet.Start(agent.Address);
        await fleet.UntilAsync(agent.Address, "has its name", known => known.NodeName.Length > 0);

        var (_, page) = await ListAsync(fleet, new EventFilter { PeerServiceName = { "even" } });

        Assert.That(page.Incomplete.Single().Reason, Does.Contain("out of order"));
        Assert.That(pages, Is.EqualTo(2));
    }

    private static async Task<TestFleet> LinkedAsync(params TestAgent[] agents)
    {
        var fleet = TestFleet.Start([.. agents.Select(agent => agent.Address)]);
        foreach (var agent in agents)
        {
            await fleet.UntilAsync(agent.Address, State.Streaming);
        }

        return fleet;
    }

    private static async Task<(ConnectionQuery Query, ConnectionPage Page)> ListAsync(
        TestFleet fleet, EventFilter? filter = null, int limit = 0, string token = "")
    {
        var query = ConnectionQuery.Compile(filter ?? new EventFilter(), [], limit, token);
        return (query, await fleet.Fleet.ListAsync(query, CancellationToken.None));
    }

    /// <summary>Of the other side whose address is even.</summary>
    private sealed class EvenPeers : PeerLookup
    {
        public override ReadOnlySpan<byte> Find(in EventColumns columns)
        {
            if ((columns.Destination & 1) != 0)
            {
                return [];
            }

            var writer = new WireWriter(new byte[16]);
            writer.Bytes(Event.PeerServiceNameFieldNumber, "even"u8);
            return writer.Written.ToArray();
        }
    }
}
