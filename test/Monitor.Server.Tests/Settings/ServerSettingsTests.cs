using System.Net;
using Monitor.Protocol;
using Monitor.Server.Settings;

namespace Monitor.Server.Tests.Settings;

/// <summary>The settings that both programs have, the node's name above all: it has one limit, wherever it is given.</summary>
internal sealed class ServerSettingsTests
{
    private static readonly string LongestName = new('n', ContractLimits.MaxNodeNameBytes);

    private static readonly Dictionary<string, string> NoVariables = [];

    private readonly Setting<string> _nodeName;
    private readonly SettingsSchema _schema;
    private string _hostName = "host";
    private string _file = "";

    public ServerSettingsTests()
    {
        // The declaration of the product with another host name: that of this machine cannot be too long.
        _nodeName = ServerSettings.NodeNameElse(() => _hostName);
        _schema = new SettingsSchema("monitor-agent", "A test.", "1", [_nodeName], []);
    }

    [SetUp]
    public void MakeFile()
    {
        _file = Path.GetTempFileName();
        _hostName = "host";
    }

    [TearDown]
    public void RemoveFile() => File.Delete(_file);

    [TestCase(Place.Option, "--node-name")]
    [TestCase(Place.Variable, "MONITOR_NODE_NAME")]
    [TestCase(Place.File, "node-name in ")]
    [TestCase(Place.Platform, "NODE_NAME")]
    [TestCase(Place.Host, "the host name")]
    public void NodeName_AtTheLimitAndOneByteBeyond_IsTakenAndRefused(Place place, string named)
    {
        Assert.That(NodeNameOf(Read(place, LongestName)), Is.EqualTo(LongestName));

        var refusal = Read(place, LongestName + "n");

        Assert.That((refusal.Values, refusal.ExitCode), Is.EqualTo(((SettingValues?)null, 2)));
        Assert.That(refusal.Text, Does.StartWith($"monitor-agent: {named}").And.EndsWith("Try --help.\n"));
        Assert.That(
            refusal.Text,
            Does.Contain($" is '{new string('n', 61)}...' (257 bytes): expected a name of 1 to 256 bytes in UTF-8."));
        if (place is Place.Platform or Place.Host)
        {
            Assert.That(refusal.Text, Does.Contain("Give another with --node-name."));
        }
    }

    [TestCase("127.0.0.1:8080", "127.0.0.1:8080", 2)]
    [TestCase("*:50051", "*:50051", 2)]
    [TestCase("127.0.0.1:0", "127.0.0.1:0", 0)]
    [TestCase("127.0.0.1:8080", "127.0.0.2:8080", 0)]
    public void HttpAndGrpc_AtOneAddress_AreAUsageError(string http, string grpc, int exitCode)
    {
        var schema = ServerSettings.Agent.SchemaWith("A test.", [], [], static _ => null);

        var outcome = schema.Read(["--http", http, "--grpc", grpc], NoVariables);

        Assert.That(outcome.ExitCode, Is.EqualTo(exitCode), outcome.Text);
        Assert.That(
            outcome.Text,
            exitCode == 0
                ? Is.Empty
                : Does.StartWith("monitor-agent: --http and --grpc are the same address").And.EndsWith("Try --help.\n"));
    }

    [Test]
    public void Limits_ThatAreNotGiven_AreThoseOfTheOptions()
    {
        var settings = ServerSettings.Agent.SchemaWith("A test.", [], [], static _ => null).Read([], NoVariables).Values!;

        var options = ServerSettings.Agent.OptionsOf(settings);

        var plain = new MonitorServerOptions();
        Assert.That(
            (options.MaxConnections, options.MaxRequestLineBytes, options.MaxRequestHeaderBytes, options.MaxRequestBodyBytes),
            Is.EqualTo((plain.MaxConnections, plain.MaxRequestLineBytes, plain.MaxRequestHeaderBytes, plain.MaxRequestBodyBytes)));
        foreach (var limit in typeof(ClientLimitOptions).GetProperties())
        {
            Assert.That(limit.GetValue(options.Clients), Is.EqualTo(limit.GetValue(plain.Clients)), limit.Name);
        }
    }

    [Test]
    public void Limits_ThatAreGiven_AreTaken()
    {
        var settings = ServerSettings.Agent.SchemaWith("A test.", [], [], static _ => null).Read(
            [
                "--max-connections", "1", "--max-connections-per-client", "2", "--max-streams-per-client", "3",
                "--max-requests-per-client", "4", "--max-frames-per-client", "500", "--max-header-size", "6KiB", "--max-body-size",
                "7KiB", "--call-timeout", "8",
            ],
            NoVariables).Values!;

        var options = ServerSettings.Agent.OptionsOf(settings);

        Assert.That(
            (options.MaxConnections, options.Clients.MaxConnections, options.Clients.MaxStreams, options.Clients.MaxRequestsPerSecond),
            Is.EqualTo((1, 2, 3, 4)));
        Assert.That(
            (options.Clients.MaxControlFramesPerSecond, options.MaxRequestLineBytes, options.MaxRequestHeaderBytes),
            Is.EqualTo((500, 6 << 10, 6 << 10)));
        Assert.That((options.MaxRequestBodyBytes, options.Clients.CallTimeout), Is.EqualTo((7 << 10, TimeSpan.FromSeconds(8))));
    }

    [Test]
    public void NodeName_OfLettersOfTwoBytes_IsMeasuredInBytes()
    {
        var longest = new string('ö', ContractLimits.MaxNodeNameBytes / 2);

        Assert.That(NodeNameOf(Read(Place.Option, longest)), Is.EqualTo(longest));
        Assert.That(Read(Place.Option, longest + "n").ExitCode, Is.EqualTo(2));
    }

    [TestCase(Place.Option, "")]
    [TestCase(Place.Variable, "")]
    [TestCase(Place.Platform, " ")]
    public void NodeName_Blank_IsRefused(Place place, string name) =>
        Assert.That(Read(place, name).Text, Does.Contain($"is '{name}': expected a name of 1 to 256 bytes"));

    [Test]
    public void NodeName_GivenInSeveralPlaces_IsTakenFromTheFirst()
    {
        var variables = new Dictionary<string, string> { ["NODE_NAME"] = "platform" };
        Assert.That(NodeNameOf(_schema.Read([], NoVariables)), Is.EqualTo("host"));
        Assert.That(NodeNameOf(_schema.Read([], variables)), Is.EqualTo("platform"));

        File.WriteAllText(_file, """{ "node-name": "file" }""");
        Assert.That(NodeNameOf(_schema.Read(["--config", _file], variables)), Is.EqualTo("file"));

        variables["MONITOR_NODE_NAME"] = "variable";
        Assert.That(NodeNameOf(_schema.Read(["--config", _file], variables)), Is.EqualTo("variable"));
        Assert.That(
            NodeNameOf(_schema.Read(["--config", _file, "--node-name", "option"], variables)), Is.EqualTo("option"));
    }

    [Test]
    public void NodeName_OfThePlatformEmpty_IsTheHostName() =>
        Assert.That(
            NodeNameOf(_schema.Read([], new Dictionary<string, string> { ["NODE_NAME"] = "" })), Is.EqualTo("host"));

    [Test]
    public void NodeName_OfThePlatformBadButOverridden_DoesNotMatter() =>
        Assert.That(
            NodeNameOf(_schema.Read(
                ["--node-name", "n"], new Dictionary<string, string> { ["NODE_NAME"] = LongestName + "n" })),
            Is.EqualTo("n"));

    [Test]
    public void Options_OfNoSettings_AreTheDefaultsOfTheProgram()
    {
        var agent = ServerSettings.Agent.OptionsOf(Read(ServerSettings.Agent));
        var aggregator = ServerSettings.Aggregator.OptionsOf(Read(ServerSettings.Aggregator));

        Assert.That((agent.Component, aggregator.Component), Is.EqualTo(("agent", "aggregator")));
        Assert.That((agent.Http, agent.Grpc), Is.EqualTo((Local(8080), Local(50051))));
        Assert.That((aggregator.Http, aggregator.Grpc), Is.EqualTo((Local(8081), Local(50052))));
        Assert.That(agent.Version, Does.Match(@"^\d+\.\d+\.\d+").And.EqualTo(aggregator.Version));
        Assert.That(agent.CorsOrigins, Is.Empty);
        Assert.That(aggregator.NodeName, Is.Empty);
    }

    [Test]
    public void Options_OfSettings_AreTheirValues()
    {
        var options = ServerSettings.Aggregator.OptionsOf(Read(
            ServerSettings.Aggregator,
            "--http", "[::1]:1", "--grpc", "127.0.0.2:2", "--cors-origin", "https://a.example,http://b.example", "--log-level",
            "error"));

        Assert.That((options.Http, options.Grpc), Is.EqualTo((IPEndPoint.Parse("[::1]:1"), IPEndPoint.Parse("127.0.0.2:2"))));
        Assert.That(options.CorsOrigins, Is.EqualTo(new[] { "https://a.example", "http://b.example" }));
        Assert.That(options.LogLevel, Is.EqualTo(Microsoft.Extensions.Logging.LogLevel.Error));
    }

    private static IPEndPoint Local(int port) => new(IPAddress.Loopback, port);

    private static SettingValues Read(ServerSettings settings, params string[] arguments) =>
        settings.SchemaWith("A test.", [], [], static _ => null).Read(arguments, NoVariables).Values!;

    private string NodeNameOf(SettingsOutcome outcome)
    {
        Assert.That(outcome.Values, Is.Not.Null, outcome.Text);
        return outcome.Values!.Get(_nodeName);
    }

    private SettingsOutcome Read(Place place, string name)
    {
        File.WriteAllText(_file, $$"""{ "node-name": "{{name}}" }""");
        _hostName = place == Place.Host ? name : "host";
        return _schema.Read(
            place == Place.Option ? ["--node-name", name] : place == Place.File ? ["--config", _file] : [],
            place switch
            {
                Place.Variable => new Dictionary<string, string> { ["MONITOR_NODE_NAME"] = name },
                Place.Platform => new Dictionary<string, string> { ["NODE_NAME"] = name },
                _ => NoVariables,
            });
    }

    /// <summary>Where a setting can be given.</summary>
    internal enum Place
    {
        Option,
        Variable,
        File,
        Platform,
        Host,
    }
}
