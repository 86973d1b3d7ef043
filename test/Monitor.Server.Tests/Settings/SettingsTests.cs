using System.Net;
using Microsoft.Extensions.Logging;
using Monitor.Server.Settings;

namespace Monitor.Server.Tests.Settings;

internal sealed class SettingsTests
{
    private static readonly Setting<IPEndPoint> Http =
        new("http", ValueFormats.ListenAddress, "Where REST listens.", "127.0.0.1:8080");

    private static readonly Setting<long> Retention =
        new("retention", ValueFormats.Size(1 << 20, 1L << 40), "What the log keeps.", "64MiB");

    private static readonly Setting<long> Limit = new("limit", ValueFormats.WholeNumber(1, 100), "A limit.", "10");

    private static readonly Setting<LogLevel> Level =
        new("log-level", ValueFormats.LogLevel, "Least level.", "information");

    private static readonly Setting<IReadOnlyList<string>> Programs =
        new("programs", ValueFormats.ListOf(ValueFormats.Text), "Which programs run.", "connection,packet_drop");

    private static readonly Setting<string> NodeName =
        new("node-name", ValueFormats.Text, "The node's name.", defaultText: "the host name");

    private static readonly Setting<bool> Quiet = new("quiet", ValueFormats.Flag, "Says less.", "false");

    private static readonly SettingsSchema Schema = new(
        "monitor-agent",
        "Watches this machine.",
        "1.2.3",
        [Http, Retention, Limit, Level, Programs, NodeName, Quiet],
        [("monitor-agent --limit 5", "Runs with a limit.")]);

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("settings").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Read_OfNothing_GivesTheDefaults()
    {
        var values = Values([]);

        Assert.That(values.Get(Http), Is.EqualTo(new IPEndPoint(IPAddress.Loopback, 8080)));
        Assert.That(values.Get(Retention), Is.EqualTo(64 << 20));
        Assert.That(values.Get(Programs), Is.EqualTo((string[])["connection", "packet_drop"]));
        Assert.That(values.TryGet(NodeName, out _), Is.False);
    }

    [Test]
    public void Read_OfAllPlaces_TakesTheCommandLineThenTheEnvironmentThenTheFile()
    {
        var file = Write("""{ "limit": 7, "log-level": "error", "retention": "2MiB", "programs": ["a", "b"], "quiet": true }""");
        var values = Values(
            ["--config", file, "--limit", "5"],
            new() { ["MONITOR_LIMIT"] = "6", ["MONITOR_LOG_LEVEL"] = "debug" });

        Assert.That(values.Get(Limit), Is.EqualTo(5));
        Assert.That(values.Get(Level), Is.EqualTo(LogLevel.Debug));
        Assert.That(values.Get(Retention), Is.EqualTo(2 << 20));
        Assert.That(values.Get(Programs), Is.EqualTo((string[])["a", "b"]));
        Assert.That(values.Get(Quiet), Is.True);
    }

    [Test]
    public void Read_OfAFileNamedByTheEnvironment_ReadsIt() =>
        Assert.That(
            Values([], new() { ["MONITOR_CONFIG"] = Write("""{ "limit": "7" }""") }).Get(Limit), Is.EqualTo(7));

    [TestCase("--programs", "a,b", "--programs", "c")]
    [TestCase("--programs=a", "--programs=b", "--programs", "c")]
    [TestCase("--programs", "a, b ,c")]
    public void Read_OfAList_TakesCommasAndRepetition(params string[] arguments) =>
        Assert.That(Values(arguments).Get(Programs), Is.EqualTo((string[])["a", "b", "c"]));

    [TestCase("--quiet")]
    [TestCase("--quiet", "true")]
    [TestCase("--quiet=true")]
    public void Read_OfAFlag_NeedsNoValue(params string[] arguments) =>
        Assert.That(Values(arguments).Get(Quiet), Is.True);

    [TestCase("--limit is 'x': expected a whole number from 1 to 100.", "--limit", "x")]
    [TestCase("--limit is '-1': expected a whole number from 1 to 100.", "--limit", "-1")]
    [TestCase("--limit is '101': expected a whole number from 1 to 100.", "--limit=101")]
    [TestCase("--limit has no value: expected a whole number from 1 to 100.", "--limit")]
    [TestCase("--limit is given 2 times: it takes one value.", "--limit", "1", "--limit", "2")]
    [TestCase("unknown option '--limmit': did you mean '--limit'?", "--limmit", "5")]
    [TestCase("unknown option '--limmit': did you mean '--limit'?", "--limmit=5")]
    [TestCase("unknown option '-x':", "-x")]
    [TestCase("unexpected argument 'run': every setting is an option.", "run")]
    [TestCase("--http is 'localhost': expected host:port,", "--http", "localhost")]
    [TestCase("--retention is '1KiB': expected a size in bytes, with a unit such as KiB or MiB if you like, from 1MiB to 1TiB.",
        "--retention", "1KiB")]
    [TestCase("--log-level is 'loud': expected trace, debug,", "--log-level", "loud")]
    [TestCase("--config is '/does/not/exist': expected the path of a file", "--config", "/does/not/exist")]
    public void Read_OfABadOption_SaysWhatIsExpected(string expected, params string[] arguments) =>
        AssertRefused(Schema.Read(arguments, new Dictionary<string, string>()), expected);

    [TestCase("MONITOR_LIMIT", "x", "MONITOR_LIMIT is 'x': expected a whole number from 1 to 100.")]
    [TestCase("MONITOR_LIMIT", "", "MONITOR_LIMIT is '': expected a whole number from 1 to 100.")]
    [TestCase("MONITOR_LOGLEVEL", "debug", "unknown environment variable MONITOR_LOGLEVEL: did you mean 'MONITOR_LOG_LEVEL'?")]
    [TestCase("MONITOR_PORT", "8080", "unknown environment variable MONITOR_PORT:")]
    public void Read_OfABadVariable_SaysWhatIsExpected(string name, string value, string expected) =>
        AssertRefused(Schema.Read([], new Dictionary<string, string> { [name] = value }), expected);

    [TestCase("MONITOR_AGENT_SERVICE_HOST", "10.0.0.1")]
    [TestCase("MONITOR_AGENT_SERVICE_PORT", "8080")]
    [TestCase("MONITOR_AGENT_SERVICE_PORT_HTTP", "8080")]
    [TestCase("MONITOR_AGENT_PORT", "tcp://10.0.0.1:8080")]
    [TestCase("MONITOR_AGENT_PORT_8080_TCP", "tcp://10.0.0.1:8080")]
    [TestCase("MONITOR_AGENT_PORT_8080_TCP_ADDR", "10.0.0.1")]
    [TestCase("MONITORING", "yes")]
    [TestCase("PATH", "/bin")]
    public void Read_OfAVariableThatIsNoSetting_PassesIt(string name, string value) =>
        Assert.That(Schema.Read([], new Dictionary<string, string> { [name] = value }).Values, Is.Not.Null);

    [TestCase("""{ "limit": 1000 }""", "limit in {0} is '1000': expected a whole number from 1 to 100.")]
    [TestCase("""{ "limmit": 1 }""", "unknown key 'limmit' in {0}: did you mean 'limit'?")]
    [TestCase("""{ "limit": { "a": 1 } }""", "limit in {0} is an object: expected")]
    [TestCase("""{ "limit": [1] }""", "limit in {0} is an array: expected")]
    [TestCase("""{ "limit": null }""", "limit in {0} is empty: expected")]
    [TestCase("""{ "programs": [["a"]] }""", "programs in {0} is an array whose items are not all values: expected")]
    [TestCase("""{ "config": "x" }""", "unknown key 'config' in {0}")]
    [TestCase("""[1]""", "the file {0} cannot be used")]
    [TestCase("""{ "limit": 1, """, "the file {0} cannot be used")]
    [TestCase("""{ "limit": 1, "limit": 2 }""", "the file {0} cannot be used")]
    public void Read_OfABadFile_NamesFileAndKey(string content, string expected)
    {
        var file = Write(content);

        AssertRefused(
            Schema.Read(["--config", file], new Dictionary<string, string>()),
            string.Format(System.Globalization.CultureInfo.InvariantCulture, expected, file));
    }

    [Test]
    public void Read_OfABadVariableThatAnOptionOverrides_StillRefusesIt() =>
        AssertRefused(
            Schema.Read(["--limit", "5"], new Dictionary<string, string> { ["MONITOR_LIMIT"] = "x" }),
            "MONITOR_LIMIT is 'x'");

    [Test]
    public void Help_IsAskedFor_ShowsEverySetting()
    {
        var outcome = Schema.Read(["--limit", "bad", "--help"], new Dictionary<string, string>());

        Assert.That(outcome.ExitCode, Is.Zero);
        Assert.That(outcome.Text, Does.StartWith("Watches this machine."));
        Assert.That(outcome.Text, Does.Contain("--log-level LEVEL").And.Contain("MONITOR_LOG_LEVEL"));
        Assert.That(outcome.Text, Does.Contain("Default: the host name.").And.Contain("--config FILE"));
        Assert.That(outcome.Text, Does.Contain("monitor-agent --limit 5"));
        Assert.That(outcome.Text.Split('\n').Max(line => line.Length), Is.LessThanOrEqualTo(100));
    }

    [Test]
    public void Version_IsAskedFor_IsPrintedOnStandardOutput()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exitCode = Schema.Read(["--version"], new Dictionary<string, string>()).Report(output, error);

        Assert.That(exitCode, Is.Zero);
        Assert.That(output.ToString(), Is.EqualTo("monitor-agent 1.2.3\n"));
        Assert.That(error.ToString(), Is.Empty);
    }

    [Test]
    public void Refuse_OfAValueThatTheProgramJudges_NamesWhereItWasGiven()
    {
        var values = Values([], new() { ["MONITOR_PROGRAMS"] = "a,z" });

        AssertRefused(values.Refuse(Programs, "names of programs"), "MONITOR_PROGRAMS is 'a,z': expected names of programs.");
    }

    [Test]
    public void Setting_WithABadDefault_CannotBeDeclared() =>
        Assert.Throws<ArgumentException>(() => _ = new Setting<long>("x", ValueFormats.WholeNumber(1, 2), "X.", "3"));

    private static SettingValues Values(string[] arguments, Dictionary<string, string>? environment = null)
    {
        var outcome = Schema.Read(arguments, environment ?? []);
        Assert.That(outcome.Text, Is.Empty);
        return outcome.Values!;
    }

    private static void AssertRefused(SettingsOutcome outcome, string expected)
    {
        Assert.That(outcome.Values, Is.Null);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Text, Does.StartWith("monitor-agent: " + expected));
        Assert.That(outcome.Text, Does.EndWith(" Try --help.\n"));
        Assert.That(outcome.Text.TrimEnd('\n'), Does.Not.Contain("\n"));
    }

    private string Write(string content)
    {
        var file = Path.Combine(_folder, "settings.json");
        File.WriteAllText(file, content);
        return file;
    }
}
