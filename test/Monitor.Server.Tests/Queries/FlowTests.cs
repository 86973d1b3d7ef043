using System.Net;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Queries;

internal sealed class FlowTests
{
    [Test]
    public async Task Flows_OfTwoNodes_CountEachConnectionOnce()
    {
        await using var server = await TestServer.StartAsync();
        // Three that both ends saw, behind a service's address; one whose client nobody watches; two that failed.
        for (var port = 1u; port <= 3; port++)
        {
            Attempt(server, port, secondsAgo: 10);
            Accept(server, port, secondsAgo: 10);
        }

        Accept(server, 4, secondsAgo: 10, from: "203.0.113.9");
        Attempt(server, 5, secondsAgo: 5, error: "ECONNREFUSED");
        Attempt(server, 6, secondsAgo: 5, error: "ETIMEDOUT");
        Attempt(server, 7, secondsAgo: 100);

        var response = await server.Flows.ListFlowsAsync(new ListFlowsRequest());

        Assert.That((response.Count, response.TotalCount), Is.EqualTo((2, 2)));
        var flow = response.Flows[0];
        Assert.That((flow.Source.NodeName, flow.Source.Command), Is.EqualTo(("node-1", "curl")));
        Assert.That((flow.Destination.Ip, flow.Destination.NodeName, flow.Destination.Command), Is.EqualTo(("10.96.0.1", "node-2", "nginx")));
        Assert.That((flow.DestinationPort, flow.Protocol), Is.EqualTo((80u, "TCP")));
        Assert.That((flow.Connections, flow.AcceptedOnly, flow.Failed), Is.EqualTo((5L, 0L, 2L)));
        Assert.That(
            flow.FailedByError.ToDictionary(), Is.EquivalentTo(new Dictionary<string, long> { ["ECONNREFUSED"] = 1, ["ETIMEDOUT"] = 1 }));
        Assert.That((flow.HandshakeTime.Count, flow.HandshakeTime.P50), Is.EqualTo((3L, new Duration { Nanos = 2000 })));
        Assert.That((response.Flows[1].Source.Ip, response.Flows[1].AcceptedOnly), Is.EqualTo(("203.0.113.9", 1L)));
        Assert.That(
            (response.QueryTime.ToDateTime() - response.Filters.Since.ToDateTime()).TotalSeconds, Is.EqualTo(60).Within(0.001));
        Assert.That(response.OldestTime.ToDateTime(), Is.LessThan(DateTime.UtcNow.AddSeconds(-90)));
        Assert.That(response.NextPageToken, Is.Empty);
    }

    [Test]
    public async Task Flows_OfAnAggregator_AreJoinedByItsAgentsClocks()
    {
        var agents = new FakeAgents();
        agents.SetClock("node-1", TimeSpan.FromSeconds(-20), TimeSpan.FromMilliseconds(1));
        agents.SetClock("node-2", TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(1));
        await using var server = await TestServer.StartAsync(agents: agents);
        Attempt(server, 1, secondsAgo: 50);
        Accept(server, 1, secondsAgo: 10);

        var response = await server.Flows.ListFlowsAsync(new ListFlowsRequest());

        Assert.That(response.Flows.Single().Connections, Is.EqualTo(1));
    }

    [Test]
    public async Task Flows_OverRest_AreThoseOfGrpcInAnyCase()
    {
        await using var server = await TestServer.StartAsync();
        Attempt(server, 1, secondsAgo: 10);
        Attempt(server, 2, secondsAgo: 10, command: "wget");

        using var json = JsonDocument.Parse(
            await server.Http.GetStringAsync("/api/flows?group_by=NODE&sort_by=bytes&duration_seconds=3600"));

        var flow = json.RootElement.GetProperty("flows")[0];
        Assert.That(json.RootElement.GetProperty("total_count").GetInt32(), Is.EqualTo(1));
        Assert.That(flow.GetProperty("source").GetProperty("node_name").GetString(), Is.EqualTo("node-1"));
        Assert.That(flow.GetProperty("source").TryGetProperty("command", out _), Is.False);
        Assert.That(flow.GetProperty("connections").GetString(), Is.EqualTo("2"));
        Assert.That(flow.GetProperty("handshake_time").GetProperty("p99").GetString(), Is.EqualTo("0.000002s"));
    }

    [Test]
    public async Task Pages_OverRest_ContinueWhereTheLastEnded()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var command in new[] { "a", "b", "c" })
        {
            Attempt(server, 1, secondsAgo: 10, command: command);
        }

        var seen = new List<string?>();
        var token = "";
        do
        {
            using var json = JsonDocument.Parse(
                await server.Http.GetStringAsync($"/api/flows?limit=1&page_token={token}"));
            seen.AddRange(json.RootElement.GetProperty("flows").EnumerateArray()
                .Select(flow => flow.GetProperty("source").GetProperty("command").GetString()));
            token = json.RootElement.GetProperty("next_page_token").GetString();
        }
        while (token!.Length > 0);

        Assert.That(seen, Is.EqualTo(new[] { "a", "b", "c" }));
    }

    [Test]
    public async Task Times_OfTheRequest_AreTheWindow()
    {
        await using var server = await TestServer.StartAsync();
        Attempt(server, 1, secondsAgo: 10);
        Attempt(server, 2, secondsAgo: 1000);

        var whole = await server.Flows.ListFlowsAsync(new ListFlowsRequest { Since = new Timestamp() });
        var early = await server.Flows.ListFlowsAsync(new ListFlowsRequest { Until = Ago(500) });

        Assert.That(whole.Flows.Single().Connections, Is.EqualTo(2));
        Assert.That(early.Flows.Single().Connections, Is.EqualTo(1));
        Assert.That(early.Filters.Since, Is.Null);
    }

    [Test]
    public async Task Flows_OfAnEmptyLog_AreNone()
    {
        await using var server = await TestServer.StartAsync();

        var response = await server.Flows.ListFlowsAsync(new ListFlowsRequest());

        Assert.That((response.Count, response.Other, response.OldestTime), Is.EqualTo((0, (Flow?)null, (Timestamp?)null)));
    }

    [TestCase("group_by=container", "group_by: 'container' must be one of: workload, pod, process, node.")]
    [TestCase("group_by=1", "group_by: '1' must be one of: workload, pod, process, node.")]
    [TestCase("sort_by=size", "sort_by: 'size' must be one of: connections, bytes.")]
    [TestCase("duration_seconds=2678401", "duration_seconds: '2678401' must be 1 to 2678400, or 0 for 60.")]
    [TestCase("duration_seconds=60&since=2026-01-01T00:00:00Z", "duration_seconds: '60' must be left out where since or until is given.")]
    [TestCase("limit=1001", "limit: '1001' must be 1 to 1000.")]
    [TestCase("page_token=x", "page_token: 'x' must be the next_page_token of the response before, unchanged.")]
    [TestCase("source_ip=x", "source_ip: 'x' must be")]
    [TestCase("groupby=pod", "unknown parameter 'groupby': did you mean 'group_by'?")]
    public async Task Request_ThatIsBad_IsRefusedWithWhatIsAccepted(string query, string message)
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.GetAsync("/api/flows?" + query);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(json.RootElement.GetProperty("message").GetString(), Does.StartWith(message));
    }

    [Test]
    public async Task Request_OverGrpc_IsRefusedAsOverRest()
    {
        await using var server = await TestServer.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await server.Flows.ListFlowsAsync(new ListFlowsRequest { GroupBy = "x" }));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
    }

    private static void Attempt(TestServer server, uint port, int secondsAgo, string? error = null, string command = "curl") =>
        server.Source.Append(1, "connection", made =>
        {
            Set(made, secondsAgo, "node-1", command, "10.0.0.1", port, "10.96.0.1");
            made.Connection = error is null
                ? new ConnectionDetail { Outcome = ConnectionDetail.Types.Outcome.Connected, HandshakeTime = new Duration { Nanos = 2000 } }
                : new ConnectionDetail { Outcome = ConnectionDetail.Types.Outcome.Failed, Error = error };
        });

    private static void Accept(TestServer server, uint port, int secondsAgo, string from = "10.0.0.1") =>
        server.Source.Append(1, "accept", made =>
        {
            Set(made, secondsAgo, "node-2", "nginx", from, port, "10.1.0.2");
            made.Accept = new AcceptDetail();
        });

    private static void Set(Event made, int secondsAgo, string node, string command, string source, uint port, string destination)
    {
        made.Time = Ago(secondsAgo);
        made.NodeName = node;
        made.Command = command;
        made.SourceIp = source;
        made.SourcePort = 40_000 + port;
        made.DestinationIp = destination;
        made.DestinationPort = 80;
    }

    private static Timestamp Ago(int seconds) => Timestamp.FromDateTime(DateTime.UtcNow.AddSeconds(-seconds));
}
