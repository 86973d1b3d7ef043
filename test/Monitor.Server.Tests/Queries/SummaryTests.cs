using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Queries;

internal sealed class SummaryTests
{
    [Test]
    public async Task Connections_OfTheLastSeconds_AreCountedByOutcomeErrorAndNode()
    {
        await using var server = await TestServer.StartAsync();
        AppendConnections(server, 5, ConnectionDetail.Types.Outcome.Connected, "", "node-1", secondsAgo: 10);
        AppendConnections(server, 3, ConnectionDetail.Types.Outcome.Failed, "ECONNREFUSED", "node-2", secondsAgo: 20);
        AppendConnections(server, 2, ConnectionDetail.Types.Outcome.Abandoned, "", "node-2", secondsAgo: 30);
        AppendConnections(server, 7, ConnectionDetail.Types.Outcome.Connected, "", "node-1", secondsAgo: 100);
        AppendDrops(server, 4, "NO_SOCKET", secondsAgo: 10);

        var summary = await server.Events.SummarizeConnectionsAsync(new SummarizeConnectionsRequest());

        Assert.That(summary.Count, Is.EqualTo(10));
        Assert.That(summary.FailedCount, Is.EqualTo(5));
        Assert.That(summary.DurationSeconds, Is.EqualTo(60));
        Assert.That(
            summary.ByOutcome.Select(entry => (entry.Outcome, entry.Count)),
            Is.EqualTo(new[]
            {
                (ConnectionDetail.Types.Outcome.Connected, 5),
                (ConnectionDetail.Types.Outcome.Failed, 3),
                (ConnectionDetail.Types.Outcome.Abandoned, 2),
            }));
        Assert.That(summary.ByError.ToDictionary(), Is.EqualTo(new Dictionary<string, int> { ["ECONNREFUSED"] = 3 }));
        Assert.That(
            summary.ByNode.ToDictionary(), Is.EquivalentTo(new Dictionary<string, int> { ["node-1"] = 5, ["node-2"] = 5 }));
        Assert.That(summary.Filters.Type, Is.EqualTo(new[] { "connection" }));
        Assert.That(
            (summary.QueryTime.ToDateTime() - summary.Filters.Since.ToDateTime()).TotalSeconds, Is.EqualTo(60).Within(0.001));
        Assert.That(summary.OldestTime.ToDateTime(), Is.LessThan(DateTime.UtcNow.AddSeconds(-90)));
    }

    [Test]
    public async Task PacketDrops_WithAFilter_AreCountedByReason()
    {
        await using var server = await TestServer.StartAsync();
        AppendDrops(server, 4, "NO_SOCKET", secondsAgo: 10);
        AppendDrops(server, 2, "NETFILTER_DROP", secondsAgo: 200);
        AppendDrops(server, 9, "NO_SOCKET", secondsAgo: 10, pid: 77);

        var summary = await server.Events.SummarizePacketDropsAsync(
            new SummarizePacketDropsRequest { Pid = { 4242 }, DurationSeconds = 86_400 });

        Assert.That(summary.Count, Is.EqualTo(6));
        Assert.That(
            summary.ByReason.ToDictionary(),
            Is.EquivalentTo(new Dictionary<string, int> { ["NO_SOCKET"] = 4, ["NETFILTER_DROP"] = 2 }));
        Assert.That(summary.Filters.Pid, Is.EqualTo(new[] { 4242u }));
    }

    [Test]
    public async Task Summary_OfAnEmptyLog_IsZero()
    {
        await using var server = await TestServer.StartAsync();

        using var json = JsonDocument.Parse(await server.Http.GetStringAsync("/api/packet-drop-summary"));

        Assert.That(json.RootElement.GetProperty("count").GetInt32(), Is.Zero);
        Assert.That(json.RootElement.GetProperty("by_reason").EnumerateObject(), Is.Empty);
        Assert.That(json.RootElement.TryGetProperty("oldest_time", out _), Is.False);
    }

    [TestCase("/api/connection-summary")]
    [TestCase("/api/packet-drop-summary")]
    public async Task Summary_ByGetAndByPost_IsTheSame(string path)
    {
        await using var server = await TestServer.StartAsync();
        AppendConnections(server, 3, ConnectionDetail.Types.Outcome.Connected, "", "node-1", secondsAgo: 100);
        AppendDrops(server, 3, "NO_SOCKET", secondsAgo: 100);

        using var got = JsonDocument.Parse(
            await server.Http.GetStringAsync(path + "?command=curl&duration_seconds=3600"));
        using var content = new StringContent(
            """{"command": ["curl"], "duration_seconds": 3600}""", System.Text.Encoding.UTF8, "application/json");
        using var response = await server.Http.PostAsync(path, content);
        using var posted = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

        foreach (var json in new[] { got.RootElement, posted.RootElement })
        {
            Assert.That(json.GetProperty("count").GetInt32(), Is.EqualTo(3));
            Assert.That(json.GetProperty("duration_seconds").GetInt32(), Is.EqualTo(3600));
            Assert.That(json.GetProperty("by_node").GetProperty("node-1").GetInt32(), Is.EqualTo(3));
            Assert.That(json.GetProperty("filters").GetProperty("command")[0].GetString(), Is.EqualTo("curl"));
        }
    }

    [Test]
    public async Task Connections_ByIntervals_AreCountedInEachThatHasSome()
    {
        await using var server = await TestServer.StartAsync();
        AppendConnections(server, 2, ConnectionDetail.Types.Outcome.Connected, "", "node-1", secondsAgo: 3600);
        AppendConnections(server, 3, ConnectionDetail.Types.Outcome.Failed, "ECONNREFUSED", "node-2", secondsAgo: 3600);
        AppendConnections(server, 4, ConnectionDetail.Types.Outcome.Failed, "ETIMEDOUT", "node-1", secondsAgo: 0);
        AppendDrops(server, 4, "NO_SOCKET", secondsAgo: 0);

        using var json = JsonDocument.Parse(await server.Http.GetStringAsync("/api/connection-summary?duration_seconds=7200&interval_seconds=60"));

        var intervals = json.RootElement.GetProperty("intervals").EnumerateArray().ToList();
        Assert.That(intervals, Has.Count.EqualTo(2));
        Assert.Multiple(() =>
        {
            Assert.That(intervals.Select(part => part.GetProperty("count").GetInt32()), Is.EqualTo(new[] { 5, 4 }));
            Assert.That(intervals.Select(part => part.GetProperty("failed_count").GetInt32()), Is.EqualTo(new[] { 3, 4 }));
            Assert.That(intervals[0].GetProperty("by_error").GetProperty("ECONNREFUSED").GetInt32(), Is.EqualTo(3));
            Assert.That(intervals.Select(part => part.GetProperty("start").GetDateTimeOffset().ToUnixTimeSeconds() % 60), Is.All.Zero);
            Assert.That(json.RootElement.GetProperty("count").GetInt32(), Is.EqualTo(9));
            Assert.That(json.RootElement.GetProperty("by_node").GetProperty("node-1").GetInt32(), Is.EqualTo(6));
        });
        var drops = await server.Events.SummarizePacketDropsAsync(new SummarizePacketDropsRequest { IntervalSeconds = 10 });
        Assert.That(drops.Intervals.Single().ByReason, Is.EqualTo(new Dictionary<string, int> { ["NO_SOCKET"] = 4 }));
    }

    [Test]
    public async Task Events_OfTheFuture_AreInTheLastInterval()
    {
        await using var server = await TestServer.StartAsync();
        AppendConnections(server, 3, ConnectionDetail.Types.Outcome.Connected, "", "node-1", secondsAgo: 10);
        for (var later = 1; later <= 2000; later++)
        {
            AppendConnections(server, 1, ConnectionDetail.Types.Outcome.Failed, "ECONNREFUSED", "node-2", secondsAgo: later * -86_400);
        }

        var summary = await server.Events.SummarizeConnectionsAsync(new SummarizeConnectionsRequest { IntervalSeconds = 1 });

        Assert.That(summary.Count, Is.EqualTo(2003));
        Assert.That(summary.Intervals.Select(part => part.Count), Is.EqualTo(new[] { 3, 2000 }));
        Assert.That(summary.Intervals[^1].Start.ToDateTime(), Is.LessThanOrEqualTo(summary.QueryTime.ToDateTime()));
    }

    [TestCase(-1, 60, "1 to")]
    [TestCase(2, 3600, "4 to")]
    public async Task Summary_OfTooManyIntervals_IsRefusedWithTheLeast(int interval, int seconds, string mentions)
    {
        await using var server = await TestServer.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await server.Events.SummarizePacketDropsAsync(
            new SummarizePacketDropsRequest { DurationSeconds = seconds, IntervalSeconds = interval }));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(failure.Status.Detail, Does.Contain($"interval_seconds: '{interval}' must be {mentions}"));
    }

    [TestCase(-1)]
    [TestCase(2_678_401)]
    public async Task Summary_OfABadDuration_IsRefused(int seconds)
    {
        await using var server = await TestServer.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await server.Events.SummarizeConnectionsAsync(new SummarizeConnectionsRequest { DurationSeconds = seconds }));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(failure.Status.Detail, Does.Contain($"duration_seconds: '{seconds}' must be 1 to 2678400"));
    }

    private static void AppendConnections(
        TestServer server, int count, ConnectionDetail.Types.Outcome outcome, string error, string node, int secondsAgo) =>
        server.Source.Append(count, "connection", made =>
        {
            made.Time = Ago(secondsAgo);
            made.NodeName = node;
            made.Connection = new ConnectionDetail { Outcome = outcome };
            if (error.Length > 0)
            {
                made.Connection.Error = error;
            }
        });

    private static void AppendDrops(TestServer server, int count, string reason, int secondsAgo, uint pid = 4242) =>
        server.Source.Append(count, "packet_drop", made =>
        {
            made.Time = Ago(secondsAgo);
            made.Pid = pid;
            made.PacketDrop = new PacketDropDetail { Reason = reason, Length = 60 };
        });

    private static Timestamp Ago(int seconds) => Timestamp.FromDateTime(DateTime.UtcNow.AddSeconds(-seconds));
}
