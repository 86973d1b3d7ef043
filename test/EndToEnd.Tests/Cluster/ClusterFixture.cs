using System.Text.Json;
using Grpc.Net.Client;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests.Cluster;

/// <summary>Two nodes with real agents, an aggregator of both, and a client that counts; what can happen to them.</summary>
internal abstract class ClusterFixture
{
    protected ClusterNode A { get; private set; } = null!;

    protected ClusterNode B { get; private set; } = null!;

    protected ServerProcess Aggregator { get; private set; } = null!;

    protected ClusterClient Client { get; private set; } = null!;

    [SetUp]
    public async Task StartAsync()
    {
        A = new ClusterNode("node-a", 0) { Setup = SetupOf("node-a") };
        B = new ClusterNode("node-b", 1) { Setup = SetupOf("node-b") };
        ClusterNode.Join(A, B);
        await Task.WhenAll(A.StartAgentAsync("--retention", "2MiB"), B.StartAgentAsync());
        await StartAggregatorAsync();
        Client = new ClusterClient(
            Aggregator.GrpcTarget, SetupOf("aggregator").Credentials is { } credentials ? credentials.Channel : target => GrpcChannel.ForAddress($"http://{target}"));
        await StateAsync(A, "STATE_STREAMING");
        await StateAsync(B, "STATE_STREAMING");
    }

    [TearDown]
    public virtual async Task StopAsync()
    {
        try
        {
            if (Client is not null)
            {
                await Client.DisposeAsync();
            }
        }
        finally
        {
            Aggregator?.Dispose();
            A?.Dispose();
            B?.Dispose();
            // The next test has the same instance.
            (Client, Aggregator, A, B) = (null!, null!, null!, null!);
        }
    }

    /// <summary>What a program has beside its options: node-a, node-b or aggregator.</summary>
    protected virtual ServerSetup SetupOf(string name) => new();

    /// <summary>Starts the aggregator, anew where one has ended; the client goes there then.</summary>
    protected async Task StartAggregatorAsync()
    {
        Aggregator?.Dispose();
        var setup = SetupOf("aggregator");
        Aggregator = await ServerProcess.StartAsync(
            setup, ServerProcess.Aggregator, [.. setup.Access("aggregator"), .. setup.History(), "--agent", A.AgentTarget, "--agent", B.AgentTarget]);
        if (Client is not null)
        {
            Client.Target = Aggregator.GrpcTarget;
        }
    }

    /// <summary>Both nodes: nothing came twice, what did not come was reported, and the aggregator says so too.</summary>
    protected async Task BalanceAsync()
    {
        foreach (var node in new[] { A, B })
        {
            var last = await node.SettledEventsAsync();
            await Client.CompleteAsync(node, last);
            var agent = await AgentAsync(node);
            // A packet that was under way may have come since.
            var known = ClusterNode.Number(agent.GetProperty("last_sequence"));
            Assert.That(known, Is.GreaterThanOrEqualTo(last));
            Assert.That(
                ClusterNode.Number(agent.GetProperty("events")) + ClusterNode.Number(agent.GetProperty("missed")),
                Is.EqualTo(known - ClusterNode.Number(agent.GetProperty("first_sequence")) + 1));
        }
    }

    protected void Cut(bool unplugged)
    {
        if (unplugged)
        {
            A.Unplug();
        }
        else
        {
            A.Block();
        }
    }

    protected void Mend(bool unplugged)
    {
        if (unplugged)
        {
            A.Plug();
        }
        else
        {
            A.Unblock();
        }
    }

    /// <summary>Waits until the aggregator's link to a node is in a state: a link that failed is tried again every 30 s.</summary>
    protected Task<string> StateAsync(ClusterNode node, string state, int seconds = 45) => Waiting.ForAsync($"{node.Name} to be {state}", async () =>
        (await AgentsAsync()).FirstOrDefault(agent =>
            agent.GetProperty("node_name").GetString() == node.Name && agent.GetProperty("state").GetString() == state)
        is { ValueKind: JsonValueKind.Object } found ? found.ToString() : null, seconds);

    /// <summary>Waits until the aggregator's health names the node; fails where that takes more than 10 s.</summary>
    protected async Task DegradedAsync(ClusterNode node)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Waiting.ForAsync($"{node.Name} to be missed", async () =>
        {
            var health = await Aggregator.GetAsync("/health");
            return health.GetProperty("status").GetString() == "degraded" && health.GetProperty("parts").EnumerateArray().Any(part =>
                part.GetProperty("name").GetString() == $"agent/{node.Name}" && part.GetProperty("status").GetString() != "healthy")
                ? "" : null;
        });
        Assert.That(clock.Elapsed, Is.LessThan(Limit.OfSeconds(12)), "10 s, and what this busy machine adds");
    }

    protected async Task<JsonElement> AgentAsync(ClusterNode node) =>
        (await AgentsAsync()).Single(agent => agent.GetProperty("node_name").GetString() == node.Name);

    protected async Task<IEnumerable<JsonElement>> AgentsAsync() =>
        (await Aggregator.GetAsync("/api/agents")).GetProperty("agents").EnumerateArray().ToList();
}
