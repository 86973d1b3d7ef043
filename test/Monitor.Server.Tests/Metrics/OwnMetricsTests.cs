using Monitor.Server.Tests.Support;
using Monitor.V1;
using Kind = Monitor.V1.MonitorMetric.Types.Kind;

namespace Monitor.Server.Tests.Metrics;

/// <summary>What monitors of the user's own count, in /metrics.</summary>
internal sealed class OwnMetricsTests
{
    [Test]
    public async Task Counters_OfAMonitor_AreThereWithTheLabelsOfTheirKeys()
    {
        await using var server = await TestServer.StartAsync();
        Has(server, "opens", Family("files", Kind.Counter, (3, [("command", "cat"), ("target.port", "80")]), (4, [("command", "ls \"-l\""), ("target.port", "81")])));

        var metrics = await MetricText.OfAsync(server.Http);

        Assert.That(metrics["monitor_own_files_total{node=\"node-1\",monitor=\"opens\",command=\"cat\",target_port=\"80\"}"], Is.EqualTo(3));
        Assert.That(metrics.Sum("monitor_own_files_total"), Is.EqualTo(7));
        Assert.That(metrics["monitor_own_metric_unread_series{node=\"node-1\",monitor=\"opens\",metric=\"files\"}"], Is.EqualTo(11));
        await metrics.CheckAsync();
    }

    [Test]
    public async Task Labels_ThatMeanSomethingElse_GetAnotherName()
    {
        await using var server = await TestServer.StartAsync();
        Has(server, "opens", Family("a_total", Kind.Counter, (3, [("le", "1"), ("node", "2"), ("a.b", "3"), ("a_b", "4"), ("__x", "5")])));

        var metrics = await MetricText.OfAsync(server.Http);

        Assert.That(metrics["monitor_own_a_total{node=\"node-1\",monitor=\"opens\",key___x=\"5\",a_b=\"3\",key_a_b=\"4\",key_le=\"1\",key_node=\"2\"}"], Is.EqualTo(3));
        await metrics.CheckAsync();
    }

    [Test]
    public async Task Histogram_IsItsCountAndItsSum()
    {
        await using var server = await TestServer.StartAsync();
        var family = Family("sizes", Kind.Histogram, (3, []));
        family.Series[0].Sum = 1000;
        Has(server, "opens", family);

        var metrics = await MetricText.OfAsync(server.Http);

        Assert.That(metrics["monitor_own_sizes_values_total{node=\"node-1\",monitor=\"opens\"}"], Is.EqualTo(3));
        Assert.That(metrics["monitor_own_sizes_sum_total{node=\"node-1\",monitor=\"opens\"}"], Is.EqualTo(1000));
        await metrics.CheckAsync();
    }

    [Test]
    public async Task Monitors_ThatChangeAndGo_AreShownAsTheyAre()
    {
        await using var server = await TestServer.StartAsync();
        Has(server, "opens", Family("calls", Kind.Counter, (3, [("command", "cat")]), (5, [("command", "ls")])));
        Has(server, "closes", Family("calls", Kind.Counter, (2, [])));
        Assert.That((await MetricText.OfAsync(server.Http)).Sum("monitor_own_calls_total"), Is.EqualTo(10));

        // Another version of it, with another key; a count that began again; then neither.
        Has(server, "opens", Family("calls", Kind.Counter, (1, [("pid", "7")])));
        Has(server, "closes", Family("calls", Kind.Counter, (1, [])));
        var changed = await MetricText.OfAsync(server.Http);
        server.Programs.Programs = [];
        var gone = await MetricText.OfAsync(server.Http);

        Assert.That(changed["monitor_own_calls_total{node=\"node-1\",monitor=\"opens\",pid=\"7\"}"], Is.EqualTo(1));
        Assert.That(changed["monitor_own_calls_total{node=\"node-1\",monitor=\"closes\"}"], Is.EqualTo(1));
        Assert.That(changed.Sum("monitor_own_calls_total"), Is.EqualTo(2));
        await changed.CheckAsync();
        Assert.That(gone.Text, Does.Not.Contain("monitor_own_calls_total{"));
    }

    [Test]
    public async Task Series_BeyondTheLimit_AreSummedAsOther()
    {
        await using var server = await TestServer.StartAsync();
        Has(server, "opens", Family("calls", Kind.Counter, [.. Enumerable.Range(0, 1000).Select(i => (1, new[] { ("pid", $"{i}") }))]));

        var metrics = await MetricText.OfAsync(server.Http);

        Assert.That(metrics.Sum("monitor_own_calls_total"), Is.EqualTo(1000));
        Assert.That(metrics["monitor_own_calls_total{node=\"other\",monitor=\"other\",pid=\"other\"}"], Is.EqualTo(700));
        Assert.That(metrics.Text.Split('\n').Count(line => line.StartsWith("monitor_own_calls_total{", StringComparison.Ordinal)), Is.EqualTo(301));
    }

    private static void Has(TestServer server, string monitor, MetricFamily family)
    {
        var program = FakePrograms.Own(monitor);
        program.Schema.Metrics.Add(new MonitorMetric { Name = family.Name, Kind = family.Kind });
        server.Programs.Programs = [.. server.Programs.Programs.Where(known => known.Name != monitor), program];
        server.Metrics.Of[monitor] = new GetMonitorMetricsResponse { Metrics = { family } };
    }

    private static MetricFamily Family(string name, Kind kind, params (int Count, (string Key, string Value)[] Labels)[] series)
    {
        var family = new MetricFamily { Name = name, NodeName = "node-1", Kind = kind, MoreSeries = 11 };
        foreach (var (count, labels) in series)
        {
            var one = new MetricSeries { Count = (ulong)count };
            foreach (var (key, value) in labels)
            {
                one.Labels[key] = value;
            }

            family.Series.Add(one);
        }

        return family;
    }
}
