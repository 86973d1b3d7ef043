using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Monitor.Events;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Metrics;

/// <summary>The alert rules and dashboards in <c>deploy/</c>: they ask for metrics that there are, in queries that Prometheus
/// understands.</summary>
internal sealed partial class DeployedQueriesTests
{
    private static readonly string Rules = Path.Combine(DeployFolder(), "prometheus", "network-monitor.rules.yaml");
    private static readonly string RuleTests = Path.Combine(DeployFolder(), "prometheus", "network-monitor.rules.test.yaml");

    private static IEnumerable<string> Dashboards => Directory.GetFiles(Path.Combine(DeployFolder(), "grafana"), "*.json").Select(path => Path.GetFileName(path));

    [Test]
    public async Task Rules_ByPromtool_AreRightAndDoWhatTheirTestsSay()
    {
        await Promtool.RunAsync("", "check", "rules", Rules);
        await Promtool.RunAsync("", "test", "rules", RuleTests);
    }

    [Test]
    public void Rules_AllOfThem_HaveATestThatFiresAndOneThatDoesNot()
    {
        var alerts = Alert().Matches(File.ReadAllText(Rules)).Select(match => match.Groups[1].Value).ToList();
        var tests = File.ReadAllText(RuleTests);
        Assert.That(alerts, Has.Count.GreaterThan(10).And.Unique);
        Assert.That(alerts.Where(alert => !tests.Contains($"name: {alert} fires", StringComparison.Ordinal) || !tests.Contains($"name: {alert} is quiet", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Rules_AskForMetricsThatThereAre() =>
        Assert.That(MetricsIn(File.ReadAllText(Rules)).Except(await ServedAsync()), Is.Empty);

    [TestCaseSource(nameof(Dashboards))]
    public async Task Dashboard_AsksForMetricsThatThereAre_InQueriesThatPrometheusUnderstands(string name)
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(DeployFolder(), "grafana", name)));
        var queries = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!)
            .ToList();
        Assert.That(queries, Has.Count.GreaterThan(8));
        Assert.That(queries.SelectMany(MetricsIn).Except(await ServedAsync()), Is.Empty);

        // promtool understands rules, so each query becomes one.
        var rules = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{name}.rules.json");
        await File.WriteAllTextAsync(rules, JsonSerializer.Serialize(new
        {
            groups = new[] { new { name, rules = queries.Select((query, i) => new { record = $"query_{i}", expr = Plain(query) }) } },
        }));
        await Promtool.RunAsync("", "check", "rules", rules);
    }

    private static string Plain(string query) => Variable().Replace(query.Replace("$__rate_interval", "5m", StringComparison.Ordinal), ".*");

    private static IEnumerable<string> MetricsIn(string text) => Metric().Matches(text).Select(match => HistogramPart().Replace(match.Value, ""));

    private static async Task<HashSet<string>> ServedAsync()
    {
        await using var server = await TestServer.StartAsync();
        HashSet<string> names = [.. StateMetrics.All.Select(metric => metric.Name), "monitor_request_duration_seconds"];
        new NetworkCounts(server.Log, NetworkLabel.Default, 1).Read(families => names.UnionWith(families.Select(family => family.Name)));
        names.UnionWith(Metric().Matches((await MetricText.OfAsync(server.Http)).Text).Select(match => match.Value));
        return names;
    }

    private static string DeployFolder([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "deploy"));

    [GeneratedRegex(@"^ +- alert: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Alert();

    [GeneratedRegex(@"\b(monitor|process|dotnet)_[a-z0-9_]+\b(?!-)")]
    private static partial Regex Metric();

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex HistogramPart();

    [GeneratedRegex(@"\$[a-z]+")]
    private static partial Regex Variable();
}
