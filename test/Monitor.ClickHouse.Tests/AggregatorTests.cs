using System.Globalization;
using System.Text.Json;
using Monitor.SimulatedAgents;

namespace Monitor.ClickHouse.Tests;

/// <summary>Aggregators as processes, which read the same agents and write to one engine.</summary>
public sealed class AggregatorTests
{
    [Test]
    public async Task TwoAggregators_OfTheSameAgentsAndAnOutage_EachEventIsThereOnce()
    {
        await using Engine engine = await CurrentEngine.StartNewAsync();
        await using var cluster = await SimulatedCluster.StartAsync();
        var agents = new[] { cluster.Add("node-1"), cluster.Add("node-2"), cluster.Add("node-3") };
        using var one = new AggregatorProcess(engine, agents.Select(agent => agent.Target));
        using var other = new AggregatorProcess(engine, agents.Select(agent => agent.Target));
        await one.StartedAsync();
        await other.StartedAsync();
        Produce(agents);
        await Waiting.ForAsync("both to write", async () =>
            await one.MetricAsync("monitor_archive_events_total") == 3000 && await other.MetricAsync("monitor_archive_events_total") == 3000);
        Assert.That(await one.HealthAsync(), Is.EqualTo(("healthy", "")));
        Assert.That(await one.MetricAsync("monitor_archive_up"), Is.EqualTo(1));

        engine.Kill();
        Produce(agents);
        await Waiting.ForAsync("the outage to show", async () => (await one.HealthAsync()).Status == "degraded");
        Assert.That((await one.HealthAsync()).Message, Does.Contain("events wait").And.Contain("127.0.0.1"));
        Assert.That(await one.MetricAsync("monitor_archive_up"), Is.Zero);
        await Waiting.ForAsync("events to wait", async () => await one.MetricAsync("monitor_archive_waiting_events") == 3000);
        await engine.StartAsync();
        await Waiting.ForAsync("both to write the rest", async () =>
            await one.MetricAsync("monitor_archive_events_total") == 6000 && await other.MetricAsync("monitor_archive_events_total") == 6000);

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await engine.CountAsync("SELECT count() FROM events FINAL"), Is.EqualTo(6000));
            Assert.That(await engine.AskAsync("SELECT node_name, count(), uniqExact(id) FROM events FINAL GROUP BY node_name ORDER BY node_name"),
                Is.EqualTo("node-1\t2000\t2000\nnode-2\t2000\t2000\nnode-3\t2000\t2000"));
            Assert.That(await one.MetricAsync("monitor_archive_retries_total"), Is.GreaterThan(0));
            Assert.That(await one.MetricAsync("monitor_archive_evicted_events_total"), Is.Zero);
            Assert.That(one.Error, Does.Contain("archive: http://monitor@127.0.0.1").And.Contain("system calls filtered, files and ports restricted"));
        });
    }

    [Test]
    public async Task Aggregator_StartedAgain_WritesNothingTwice()
    {
        await using Engine engine = await CurrentEngine.StartNewAsync();
        await using var cluster = await SimulatedCluster.StartAsync();
        var agent = cluster.Add("node-1");
        agent.Produce(1000);
        for (var run = 0; run < 2; run++)
        {
            using var aggregator = new AggregatorProcess(engine, [agent.Target]);
            await aggregator.StartedAsync();
            agent.Produce(500);
            await Waiting.ForAsync("it to write", async () => await aggregator.MetricAsync("monitor_archive_events_total") == 1500 + run * 500);
        }

        Assert.That(await engine.CountAsync("SELECT count() FROM events FINAL"), Is.EqualTo(2000));
    }

    [Test]
    public async Task Aggregator_StartedAgainWithAHistory_WritesOnlyWhatIsNotThere()
    {
        await using Engine engine = await CurrentEngine.StartNewAsync();
        await using var cluster = await SimulatedCluster.StartAsync();
        var agent = cluster.Add("node-1");
        var history = Directory.CreateTempSubdirectory("monitor-test-");
        try
        {
            for (var run = 0; run < 3; run++)
            {
                using var aggregator = new AggregatorProcess(engine, [agent.Target], "--history", history.FullName);
                await aggregator.StartedAsync();
                agent.Produce(500);
                await Waiting.ForAsync("it to write", async () => await engine.CountAsync("SELECT count() FROM events FINAL") == 500 * (run + 1));
                await Waiting.ForAsync("it to count", async () => await aggregator.MetricAsync("monitor_archive_waiting_events") == 0);
                Assert.That(await aggregator.MetricAsync("monitor_archive_events_total"), Is.EqualTo(500));
                await Waiting.ForAsync("it to store", async () => await aggregator.MetricAsync("monitor_history_stored_events_total") == 500);
            }
        }
        finally
        {
            history.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Rest_EventsThatLeftTheLog_ComeFromTheArchive()
    {
        const int Total = 20_000;
        await using Engine engine = await CurrentEngine.StartNewAsync();
        await using var cluster = await SimulatedCluster.StartAsync();
        var agents = new[] { cluster.Add("node-1"), cluster.Add("node-2") };
        using var aggregator = new AggregatorProcess(engine, agents.Select(agent => agent.Target), "--retention", "1MiB");
        await aggregator.StartedAsync();
        for (var produced = 1000; produced <= Total / 2; produced += 1000)
        {
            foreach (var agent in agents)
            {
                agent.Produce(1000);
            }

            await Waiting.ForAsync("it to write", async () => await aggregator.MetricAsync("monitor_archive_events_total") == 2 * produced);
        }

        Assert.That(await aggregator.MetricAsync("monitor_log_evicted_events_total"), Is.GreaterThan(Total / 2));
        var since = $"since={DateTime.UtcNow.AddMinutes(-10):yyyy-MM-ddTHH:mm:ssZ}";
        var listed = new List<(string Id, string Time)>();
        var token = "";
        do
        {
            using var page = await aggregator.JsonAsync($"/api/events?limit=3000&{since}&page_token={token}");
            Assert.That(page.RootElement.GetProperty("total_count").GetInt32(), Is.EqualTo(Total));
            listed.AddRange(page.RootElement.GetProperty("events").EnumerateArray()
                .Select(made => (made.GetProperty("id").GetString()!, made.GetProperty("time").GetString()!)));
            token = page.RootElement.GetProperty("next_page_token").GetString();
        }
        while (!string.IsNullOrEmpty(token));

        Assert.That(listed.Select(row => row.Id), Is.Unique);
        Assert.That(listed, Has.Count.EqualTo(Total));
        Assert.That(listed.Select(row => Google.Protobuf.WellKnownTypes.Timestamp.Parser.ParseJson($"\"{row.Time}\"")), Is.Ordered.Descending);

        using var summary = await aggregator.JsonAsync("/api/connection-summary?duration_seconds=600");
        using var connections = await aggregator.JsonAsync($"/api/events?limit=1&type=connection&{since}");
        Assert.That(summary.RootElement.GetProperty("count").GetInt32(), Is.EqualTo(connections.RootElement.GetProperty("total_count").GetInt32()));
        Assert.That(summary.RootElement.GetProperty("by_node").GetProperty("node-1").GetInt32(), Is.GreaterThan(Total / 4));

        await AskWhatLeftTheLogAsync(aggregator, since, listed[^1].Id, Total);
        engine.Kill();
        await Waiting.ForAsync("the outage to show", async () =>
        {
            agents[0].Produce(1);
            return (await aggregator.HealthAsync()).Status == "degraded";
        });
        Assert.That(
            () => aggregator.GetAsync($"/api/events?{since}"),
            Throws.InstanceOf<HttpRequestException>().With.Property("StatusCode").EqualTo(System.Net.HttpStatusCode.ServiceUnavailable));
        using var newest = await aggregator.JsonAsync("/api/events");
        Assert.That(newest.RootElement.GetProperty("count").GetInt32(), Is.EqualTo(100));
    }

    // The other questions, about events that only the archive has.
    private static async Task AskWhatLeftTheLogAsync(AggregatorProcess aggregator, string since, string oldest, int total)
    {
        var exported = (await aggregator.GetAsync($"/api/events/export?{since}")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.That(exported.Select(made => made.GetProperty("id").GetString()), Is.Unique);
        Assert.That(exported, Has.Count.EqualTo(total));

        var streamed = await aggregator.StreamAsync($"/api/events/stream?{since}&max_batch_events=500", total / 3);
        var token = streamed[^1].Token;
        streamed.AddRange(await aggregator.StreamAsync($"/api/events/stream?max_batch_events=500&resume_token={token}", total - streamed.Sum(part => part.Ids.Count)));
        Assert.That(streamed.SelectMany(part => part.Ids), Is.Unique);
        Assert.That(streamed.SelectMany(part => part.Ids).ToHashSet(), Is.EquivalentTo(exported.Select(made => made.GetProperty("id").GetString())));

        using var story = await aggregator.JsonAsync($"/api/explain?event_id={oldest}");
        Assert.That(story.RootElement.GetProperty("event").GetProperty("id").GetString(), Is.EqualTo(oldest));

        // Drops, closes and the like are of no flow; connections that were attempted are all in one.
        var connections = exported.Where(made => made.TryGetProperty("connection", out _)).ToList();
        using var flows = await aggregator.JsonAsync("/api/flows?duration_seconds=600&limit=1000");
        Assert.That(
            flows.RootElement.GetProperty("flows").EnumerateArray().Sum(flow => long.Parse(flow.GetProperty("connections").GetString()!, CultureInfo.InvariantCulture)),
            Is.GreaterThanOrEqualTo(connections.Count));

        using var processes = await aggregator.JsonAsync($"/api/list-connections?{since}&limit=10");
        Assert.That(processes.RootElement.GetProperty("total_events").GetInt32(), Is.EqualTo(connections.Count));
        Assert.That(
            processes.RootElement.GetProperty("total_pids").GetInt32(),
            Is.EqualTo(connections.Where(made => made.TryGetProperty("pid", out _)).Select(made => made.GetProperty("pid").GetUInt32()).Distinct().Count()));
    }

    private static void Produce(IEnumerable<SimulatedAgent> agents)
    {
        foreach (var agent in agents)
        {
            agent.Produce(1000);
        }
    }
}
