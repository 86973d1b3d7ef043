using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Aggregator.Tests.Support;
using Monitor.Server.Settings;

namespace Monitor.Aggregator.Tests;

internal sealed class AggregatorSettingsTests
{
    private static readonly Dictionary<string, string> NoVariables = [];

    [Test]
    public void Defaults_LeaveTheAgentsPorts()
    {
        var settings = Read("--insecure", "--agent", "node-1").Values!;

        Assert.That(settings.Get(AggregatorSettings.Shared.Http).ToString(), Is.EqualTo("127.0.0.1:8081"));
        Assert.That(settings.Get(AggregatorSettings.Shared.Grpc).ToString(), Is.EqualTo("127.0.0.1:50052"));
        Assert.That(settings.Get(AggregatorSettings.Shared.Retention), Is.EqualTo(256L << 20));
    }

    [Test]
    public void ClickHouse_OverTlsOrOnThisMachine_IsAccepted([Values("https://monitor@ch.example/monitor", "http://monitor@127.0.0.1:8123/monitor")] string url) =>
        Assert.That(Read("--agent", "127.0.0.1", "--clickhouse", url).Values!.Get(ArchiveSettings.Server).User, Is.EqualTo("monitor"));

    [TestCase(new[] { "--clickhouse", "http://monitor@ch.example/monitor" }, "http://monitor@ch.example:8123/monitor is another machine")]
    [TestCase(new[] { "--clickhouse", "http://monitor:secret@localhost/monitor" }, "without a password")]
    [TestCase(new[] { "--clickhouse", "http://monitor@localhost/monitor", "--clickhouse-authority", "/etc/passwd" }, "--clickhouse-authority")]
    [TestCase(new[] { "--clickhouse-password-file", "/etc/passwd" }, "--clickhouse-password-file")]
    public void ClickHouse_Bad_IsRefusedWithTheRemedy(string[] arguments, string said)
    {
        using var error = new StringWriter();

        Assert.That(Read(["--agent", "127.0.0.1", .. arguments]).Report(TextWriter.Null, error), Is.EqualTo(2));
        Assert.That(error.ToString(), Does.Contain(said));
    }

    [Test]
    public async Task Agents_RepeatedOrInAList_AreOneDiscovery()
    {
        var settings = Read("--insecure", "--agent", "a,b:1", "--agent", "[::1]").Values!;

        var discovery = AggregatorSettings.Discoveries(settings, TimeProvider.System, NullLoggerFactory.Instance).Single();
        await using var watched = new WatchedDiscovery(discovery);
        Assert.That(await watched.NextAsync(), Is.EqualTo(new[] { "[::1]:50051", "a:50051", "b:1" }));
        Assert.That(discovery.Description, Is.EqualTo("a:50051, b:1, [::1]:50051"));
    }

    [Test]
    public void Agents_Many_AreDescribedInShort()
    {
        var settings = Read("--insecure", "--agent", string.Join(',', Enumerable.Range(1, 200).Select(n => $"n{n}"))).Values!;

        Assert.That(
            AggregatorSettings.Discoveries(settings, TimeProvider.System, NullLoggerFactory.Instance).Single().Description,
            Is.EqualTo("n1:50051, n2:50051, n3:50051, n4:50051, n5:50051 and 195 more"));
    }

    [Test]
    public void Agents_OfEveryKind_AreADiscoveryEach()
    {
        var file = typeof(AggregatorSettingsTests).Assembly.Location;
        var settings = Read("--insecure", "--agent", "a", "--agents-file", file, "--agents-dns", "b:1,c:1").Values!;

        Assert.That(
            AggregatorSettings.Discoveries(settings, TimeProvider.System, NullLoggerFactory.Instance).Select(discovery => discovery.Description),
            Is.EqualTo(new[] { "a:50051", $"the file {file}", "DNS name b:1", "DNS name c:1" }));
    }

    [Test]
    public async Task Agents_GivenTwice_AreThereOnce()
    {
        var settings = Read(
            "--insecure", "--agent", "a:1,b", "--agent", "A:1", "--agent", "b:50051", "--agents-dns", "c:1", "--agents-dns", "c:1,a:1").Values!;

        var discoveries = AggregatorSettings.Discoveries(settings, TimeProvider.System, NullLoggerFactory.Instance);
        Assert.That(
            discoveries.Select(discovery => discovery.Description),
            Is.EqualTo(new[] { "a:1, b:50051", "DNS name c:1", "DNS name a:1" }));
        await using var watched = new WatchedDiscovery(discoveries[0]);
        Assert.That(await watched.NextAsync(), Is.EqualTo(new[] { "a:1", "b:50051" }));
    }

    [Test]
    public void Agents_FromTheEnvironment_AreTaken()
    {
        var outcome = AggregatorSettings.Schema.Read([], new Dictionary<string, string>
        {
            ["MONITOR_AGENT"] = "a,b",
            ["MONITOR_INSECURE"] = "true",
            // What Kubernetes sets for a service called monitor-agent.
            ["MONITOR_AGENT_SERVICE_HOST"] = "10.0.0.1",
            ["MONITOR_AGENT_PORT"] = "tcp://10.0.0.1:50051",
        });

        Assert.That(outcome.Values, Is.Not.Null, outcome.Text);
        Assert.That(outcome.Values!.Get(AggregatorSettings.Agents), Has.Count.EqualTo(2));
    }

    [TestCase]
    [TestCase("--agent", "")]
    public void Agents_None_TeachesHow(params string[] arguments)
    {
        var refusal = Read(arguments);

        Assert.That(refusal.ExitCode, Is.EqualTo(2));
        Assert.That(
            refusal.Text,
            Does.StartWith("monitor-aggregator: ").And.Contain("--agent host:port").And.Contain("--agents-file").And
                .Contain("--agents-dns").And.Contain("--help"));
    }

    [TestCase("--agent", "node-1:http", "--agent is 'node-1:http'")]
    [TestCase("--agent", "::1", "in brackets")]
    [TestCase("--agents-file", "/does/not/exist", "exists")]
    [TestCase("--agents-dns", "http://x", "--agents-dns")]
    [TestCase("--retention", "1", "--retention is '1'")]
    [TestCase("--node-name", "x", "unknown option '--node-name'")]
    public void Setting_Bad_IsRefused(string option, string value, string mentions)
    {
        var outcome = Read(option, value);

        Assert.That((outcome.Values, outcome.ExitCode), Is.EqualTo(((SettingValues?)null, 2)));
        Assert.That(outcome.Text, Does.StartWith("monitor-aggregator: ").And.Contain(mentions));
    }

    [TestCase("--agent", "node-1")]
    [TestCase("--agent", "127.0.0.1,10.0.0.7")]
    [TestCase("--agents-dns", "monitor-agent")]
    public void Agents_OnOtherMachinesInClearText_AreRefusedWithTheRemedy(string option, string value)
    {
        var outcome = Read(option, value);

        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Text, Does.Contain("clear text").And.Contain("--tls-authority").And.Contain("--insecure"));
    }

    [TestCase("127.0.0.1")]
    [TestCase("[::1]:1,localhost")]
    public void Agents_OnThisMachine_NeedNoCertificate(string agents)
    {
        Assert.That(Read("--agent", agents).Values, Is.Not.Null);
    }

    private static SettingsOutcome Read(params string[] arguments) => AggregatorSettings.Schema.Read(arguments, NoVariables);
}
