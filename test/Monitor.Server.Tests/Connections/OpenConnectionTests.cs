using System.Net;
using System.Text.Json;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Monitor.Protocol;
using Monitor.Server.Tests.Access;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Connections;

/// <summary>ListOpenConnections over a list that the test fills.</summary>
internal sealed class OpenConnectionTests
{
    private TestServer _server = null!;
    private ConnectionService.ConnectionServiceClient _client = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _server = await TestServer.StartAsync();
        _client = new ConnectionService.ConnectionServiceClient(_server.OpenChannel());
    }

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task Rest_AConnection_HasItsFieldsByTheirNames()
    {
        var connection = FakeConnections.Make(7);
        connection.SendQueue = 3;
        connection.SmoothedRtt = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMicroseconds(1500));
        connection.OtherPid.Add(9);
        _server.Connections.Open.Add(connection);

        var json = JsonDocument.Parse(await _server.Http.GetStringAsync(new Uri("/api/connections?limit=5", UriKind.Relative))).RootElement;

        var shown = json.GetProperty("connections")[0];
        Assert.That(shown.GetProperty("connection_id").GetString(), Is.EqualTo("7"));
        Assert.That(shown.GetProperty("state").GetString(), Is.EqualTo("ESTABLISHED"));
        Assert.That(shown.GetProperty("send_queue").GetUInt32(), Is.EqualTo(3));
        Assert.That(shown.GetProperty("smoothed_rtt").GetString(), Is.EqualTo("0.001500s"));
        Assert.That(shown.GetProperty("other_pid")[0].GetUInt32(), Is.EqualTo(9));
        Assert.That(shown.TryGetProperty("receive_queue", out _), Is.False, "it is not known");
        Assert.That((json.GetProperty("count").GetInt32(), json.GetProperty("total_count").GetInt32()), Is.EqualTo((1, 1)));
        Assert.That(json.GetProperty("next_page_token").GetString(), Is.Empty);
        Assert.That(json.GetProperty("query_time").GetString(), Is.Not.Empty);
    }

    [Test]
    public async Task Pages_WhileConnectionsComeAndGo_HaveWhatStaysOnceAndInOrder()
    {
        var open = _server.Connections.Open;
        open.AddRange(Enumerable.Range(1, 500).Select(i => FakeConnections.Make((ulong)i * 10, i % 2 == 0 ? "a" : "b")));
        // Without a cookie.
        open.AddRange(Enumerable.Range(1, 50).Select(i => WithoutId((uint)i)));
        var stay = open.Where((_, i) => i % 3 != 0).Select(Name).ToHashSet();
        var seen = new List<OpenConnection>();
        var request = new ListOpenConnectionsRequest { Limit = 37 };
        var random = new Random(1);
        do
        {
            var page = await _client.ListOpenConnectionsAsync(request);
            Assert.That(page.Count, Is.EqualTo(page.Connections.Count).And.LessThanOrEqualTo(37));
            Assert.That(page.TotalCount, Is.EqualTo(open.Count));
            seen.AddRange(page.Connections);
            request.PageToken = page.NextPageToken;
            open.RemoveAll(connection => !stay.Contains(Name(connection)) && random.Next(4) == 0);
            open.Add(FakeConnections.Make((ulong)random.Next(1, 5000) * 10 + 1, "a"));
        }
        while (request.PageToken.Length > 0);

        var names = seen.ConvertAll(Name);
        Assert.That(names, Is.Unique);
        Assert.That(names, Is.SupersetOf(stay));
        Assert.That(seen.Select(connection => connection.NodeName), Is.Ordered.Using<string>(StringComparer.Ordinal));
        Assert.That(seen.Where(c => c.NodeName == "a").Select(c => c.ConnectionId), Is.Ordered);
        Assert.That(seen.Where(c => c.NodeName == "b").SkipWhile(c => c.HasConnectionId).Select(c => c.HasConnectionId), Is.Not.Empty.And.All.False);
    }

    [Test]
    public async Task Page_OfLongNames_IsCutBelowTheLimitOfMessages()
    {
        for (var i = 1ul; i <= 10_000; i++)
        {
            var connection = FakeConnections.Make(i);
            connection.K8SPodName = new string('p', 253);
            connection.K8SWorkloadName = new string('w', 253);
            _server.Connections.Open.Add(connection);
        }

        var seen = 0;
        var request = new ListOpenConnectionsRequest { Limit = 10_000 };
        do
        {
            var page = await _client.ListOpenConnectionsAsync(request);
            Assert.That(page.CalculateSize(), Is.LessThan(4 << 20));
            seen += page.Count;
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.That(seen, Is.EqualTo(10_000));
    }

    [TestCase("", "1 2 3")]
    [TestCase("state=time_wait", "4")]
    [TestCase("state=LISTEN&state=ESTABLISHED", "1 2 5")]
    [TestCase("pid=101", "1")]
    [TestCase("pid=77", "2")]
    [TestCase("command=curl", "1 2")]
    [TestCase("source_ip=10.0.0.0/8", "1 2 3")]
    [TestCase("source_ip=::/0", "")]
    [TestCase("destination_ip=2001:db8::/32", "3")]
    [TestCase("destination_ip=192.0.2.7&destination_port=443", "1 2")]
    [TestCase("source_port=40001", "3")]
    [TestCase("protocol=tcp", "1 2 3")]
    [TestCase("protocol=udp", "")]
    [TestCase("node_name=node-2", "3")]
    [TestCase("k8s_namespace=team-a", "1 2")]
    [TestCase("k8s_namespace=team-a&k8s_namespace=team-b", "1 2 3")]
    [TestCase("k8s_pod_name=pod", "2")]
    [TestCase("k8s_workload_name=w", "2")]
    [TestCase("peer_service_name=cart", "3")]
    public async Task Filter_ByItsField_GivesWhatMatches(string query, string expected)
    {
        var one = FakeConnections.Make(1);
        var two = FakeConnections.Make(2);
        two.OtherPid.Add(77);
        two.K8SPodName = "pod";
        two.K8SWorkloadName = "w";
        var three = FakeConnections.Make(3, "node-2", "CLOSE_WAIT");
        three.Command = "sshd";
        three.K8SNamespace = "team-b";
        three.DestinationIp = "2001:db8::5";
        three.SourcePort = 40_001;
        three.PeerServiceName = "cart";
        _server.Connections.Open.AddRange(
            [three, two, one, FakeConnections.Make(4, state: "TIME_WAIT"), FakeConnections.Make(5, state: "LISTEN")]);

        var json = JsonDocument.Parse(await _server.Http.GetStringAsync(new Uri($"/api/connections?{query}", UriKind.Relative))).RootElement;

        var ids = json.GetProperty("connections").EnumerateArray().Select(c => c.GetProperty("connection_id").GetString());
        Assert.That(string.Join(' ', ids), Is.EqualTo(expected));
    }

    [TestCase("state=OPEN", "state")]
    [TestCase("state=", "state")]
    [TestCase("limit=-1", "limit")]
    [TestCase("limit=10001", "limit")]
    [TestCase("source_ip=nowhere", "source_ip")]
    [TestCase("source_port=65536", "source_port")]
    [TestCase("protocol=smoke", "protocol")]
    [TestCase("page_token=x", "page_token")]
    [TestCase("stat=LISTEN", "stat")]
    [TestCase("since=2026-01-01T00:00:00Z", "since")]
    public async Task BadParameter_OverRest_Is400AndNamesIt(string query, string field)
    {
        using var response = await _server.Http.GetAsync(new Uri($"/api/connections?{query}", UriKind.Relative));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain(field));
    }

    [Test]
    public async Task PageToken_OfAnotherFilterOrChangedAnywhere_IsRefused()
    {
        _server.Connections.Open.AddRange([FakeConnections.Make(1), FakeConnections.Make(2)]);
        var token = (await _client.ListOpenConnectionsAsync(new ListOpenConnectionsRequest { Limit = 1 })).NextPageToken;
        var other = new ListOpenConnectionsRequest { Limit = 1, PageToken = token, State = { "LISTEN" } };
        Assert.That(await RefusalAsync(other), Does.Contain("another filter"));
        for (var i = 0; i < token.Length; i++)
        {
            var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.That(await RefusalAsync(new ListOpenConnectionsRequest { PageToken = changed }), Does.StartWith("page_token"));
        }

        // Of the right kind and with a valid checksum, and not what a page ends with.
        foreach (var content in new byte[][] { [], new byte[16], [.. new byte[16], 0x0a, 0xff], [.. new byte[16], 0x0a, 1, 0xff], [.. new byte[16], 0x0a, 0, 0] })
        {
            var made = OpaqueToken.Encode(0x31, content);
            Assert.That(await RefusalAsync(new ListOpenConnectionsRequest { PageToken = made }), Does.StartWith("page_token"));
        }

        var rest = await _client.ListOpenConnectionsAsync(new ListOpenConnectionsRequest { PageToken = token });
        Assert.That(rest.Connections.Single().ConnectionId, Is.EqualTo(2));
    }

    [Test]
    public async Task Directory_ThatCannotTell_SaysWhy()
    {
        _server.Connections.Failure = "this kernel has no iterators";

        using var response = await _server.Http.GetAsync(new Uri("/api/connections", UriKind.Relative));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotImplemented));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("this kernel has no iterators"));
    }

    [Test]
    public async Task Team_OfANamespace_SeesItsConnectionsAndThatNodesAreMissingButNotWhy()
    {
        await using var secured = await SecuredServer.StartAsync();
        var other = FakeConnections.Make(2);
        other.K8SNamespace = "team-c";
        var host = FakeConnections.Make(3);
        host.ClearK8SNamespace();
        secured.Server.Connections.Open.AddRange([FakeConnections.Make(1), other, host]);
        secured.Server.Connections.Incomplete.Add(new IncompleteNode { NodeName = "node-9", Unanswered = true, Reason = "10.9.9.9 is down" });
        var http = secured.Http(SecuredServer.TeamToken);

        var json = JsonDocument.Parse(await http.GetStringAsync(new Uri("/api/connections", UriKind.Relative))).RootElement;
        using var refused = await http.GetAsync(new Uri("/api/connections?k8s_namespace=team-c", UriKind.Relative));
        using var watcher = await secured.Http(SecuredServer.StatusToken).GetAsync(new Uri("/api/connections", UriKind.Relative));

        Assert.That(json.GetProperty("total_count").GetInt32(), Is.EqualTo(1));
        var node = json.GetProperty("incomplete")[0];
        Assert.That(node.GetProperty("node_name").GetString(), Is.EqualTo("node-9"));
        Assert.That(node.GetProperty("reason").GetString(), Does.Not.Contain("10.9.9.9"));
        Assert.That((refused.StatusCode, watcher.StatusCode), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)));
    }

    [Test]
    public void Fields_ThatEventsHaveToo_HaveTheSameNumbersAndTypes()
    {
        var shared = OpenConnection.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldNumber < 50).ToList();

        Assert.That(shared, Has.Count.EqualTo(26));
        foreach (var field in shared)
        {
            FieldDescriptor? ofEvent = Event.Descriptor.FindFieldByNumber(field.FieldNumber);
            Assert.That((ofEvent?.Name, ofEvent?.FieldType), Is.EqualTo((field.Name, field.FieldType)));
        }

        Assert.That(OpenConnection.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldNumber >= 50)
            .Select(field => Event.Descriptor.FindFieldByNumber(field.FieldNumber)), Is.All.Null);
    }

    private async Task<string> RefusalAsync(ListOpenConnectionsRequest request)
    {
        try
        {
            await _client.ListOpenConnectionsAsync(request);
        }
        catch (RpcException refusal) when (refusal.StatusCode == StatusCode.InvalidArgument)
        {
            return refusal.Status.Detail;
        }

        throw new AssertionException($"it was not refused: {request}");
    }

    private static OpenConnection WithoutId(uint i)
    {
        var connection = FakeConnections.Make(1, "b", "FIN_WAIT2");
        connection.ClearConnectionId();
        connection.SourcePort = i;
        return connection;
    }

    private static string Name(OpenConnection connection) => $"{connection.NodeName} {connection.ConnectionId} {connection.SourcePort}";
}
