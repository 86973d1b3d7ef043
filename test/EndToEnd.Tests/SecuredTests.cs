using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Monitor.Agent.Tests.Kernel;
using Monitor.Server.Tests.Access;

namespace EndToEnd.Tests;

/// <summary>A real agent and a real aggregator with certificates of an authority of the test.</summary>
[RequiresKernel]
internal sealed class SecuredTests
{
    private DirectoryInfo _folder = null!;
    private TestCredentials _credentials = null!;

    [SetUp]
    public void MakeFiles()
    {
        _folder = Directory.CreateTempSubdirectory("secured");
        _credentials = new TestCredentials(_folder.FullName);
        _credentials.Sign("agent", TestCredentials.AgentName);
        _credentials.Sign("aggregator", TestCredentials.AggregatorName);
    }

    [TearDown]
    public void RemoveFiles()
    {
        _credentials.Dispose();
        _folder.Delete(recursive: true);
    }

    [Test]
    public async Task Cluster_WithCertificates_DeliversEventsAndGoesOnOverARotation()
    {
        using var agent = await StartAgentAsync();
        using var aggregator = await StartAggregatorAsync(agent.GrpcTarget);
        Assert.That(agent.Error, Does.Contain("access: TLS, certificates"));
        Assert.That(aggregator.Error, Does.Contain("links: TLS, to agents whose certificate is of 'monitor-agent'").And.Contain("access: TLS, certificates, tokens"));
        await AgentBecomesAsync(aggregator, "STREAMING");

        var before = RefusedConnection();
        await EventArrivesAsync(aggregator, before);
        // Another key on each side, of the same authority: the link stands, and new readers get the new one.
        _credentials.Sign("agent", TestCredentials.AgentName);
        _credentials.Sign("aggregator", TestCredentials.AggregatorName);
        await UntilAsync("both to see the new files", () => Task.FromResult(
            agent.Error.Contains("agent.key changed", StringComparison.Ordinal) && aggregator.Error.Contains("aggregator.key changed", StringComparison.Ordinal)));
        await EventArrivesAsync(aggregator, RefusedConnection());
        Assert.That((await AgentAsync(aggregator)).GetProperty("reconnects").ToString(), Is.EqualTo("0"));
    }

    [TestCase("agent", "some-server", "its certificate is of 'some-server' and not of 'monitor-agent'")]
    [TestCase("aggregator", "some-client", "does not accept this aggregator's certificate")]
    public async Task Link_WithACertificateOfAnotherName_IsNotMade(string side, string name, string reason)
    {
        _credentials.Sign(side, name);
        using var agent = await StartAgentAsync();
        using var aggregator = await StartAggregatorAsync(agent.GrpcTarget);

        await AgentBecomesAsync(aggregator, "FAILED");

        Assert.That((await AgentAsync(aggregator)).GetProperty("reason").GetString(), Does.Contain(reason));
        if (side == "aggregator")
        {
            Assert.That(agent.Error, Does.Contain("Refused 127.0.0.1").And.Contain("'some-client'"));
        }
    }

    [Test]
    public async Task Link_ToAnAgentOfAnotherAuthority_IsNotMade()
    {
        using var agent = await StartAgentAsync();
        using var other = new TestAuthority();
        _credentials.Write("ca.pem", other.Pem);
        using var aggregator = await StartAggregatorAsync(agent.GrpcTarget);

        await AgentBecomesAsync(aggregator, "FAILED");

        Assert.That((await AgentAsync(aggregator)).GetProperty("reason").GetString(), Does.StartWith("TLS: "));
    }

    /// <summary>Whoever has a key of an agent that its authority does not vouch for any more is not to feed events until the connection
    /// breaks by itself.</summary>
    [Test]
    public async Task Link_ToAnAgentWhoseAuthorityIsTakenOut_Ends()
    {
        _credentials.Write("agents.pem", _credentials.Authority.Pem);
        using var agent = await StartAgentAsync();
        using var aggregator = await ServerProcess.StartAsync(
            Setup,
            ServerProcess.Aggregator,
            "--tls-certificate", _credentials.PathOf("aggregator.pem"), "--tls-key", _credentials.PathOf("aggregator.key"),
            "--tls-authority", _credentials.PathOf("agents.pem"), "--readers", _credentials.PathOf("readers.json"), "--agent", agent.GrpcTarget);
        await AgentBecomesAsync(aggregator, "STREAMING");

        using var other = new TestAuthority();
        _credentials.Write("agents.pem", other.Pem);

        await AgentBecomesAsync(aggregator, "FAILED");
        Assert.That((await AgentAsync(aggregator)).GetProperty("reason").GetString(), Does.StartWith("TLS: "));
        Assert.That(aggregator.Error, Does.Contain("agents.pem changed"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Link_WithTlsOnOneSideAlone_SaysSo(bool isAgent)
    {
        using var agent = isAgent ? await StartAgentAsync() : await ServerProcess.StartAsync(ServerProcess.Agent);
        using var aggregator = isAgent
            ? await ServerProcess.StartAsync(ServerProcess.Aggregator, "--agent", agent.GrpcTarget)
            : await StartAggregatorAsync(agent.GrpcTarget);

        await UntilAsync("a reason", async () =>
            (await AgentAsync(aggregator)).TryGetProperty("reason", out var reason) && reason.GetString()!.Length > 0);
        Assert.That((await AgentAsync(aggregator)).GetProperty("state").GetString(), Does.Not.Contain("STREAMING"));
    }

    [Test]
    public async Task Certificate_ThatIsNone_EndsTheStartWithTheFile()
    {
        _credentials.Write("agent.pem", "no certificate");

        var (exitCode, _, error) = await ServerProcess.RunAsync(
            ServerProcess.Agent, null, [.. _credentials.Options("agent"), "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]);

        Assert.That(exitCode, Is.EqualTo(2), error);
        Assert.That(error, Does.Contain("agent.pem").And.Contain("in PEM and not encrypted"));
    }

    [Test]
    public async Task Port_ReachedFromElsewhere_NeedsReaders()
    {
        var (exitCode, _, error) = await ServerProcess.RunAsync(ServerProcess.Agent, null, "--http", "*:0");

        Assert.That(exitCode, Is.EqualTo(2), error);
        Assert.That(error, Does.Contain("--tls-certificate").And.Contain("--insecure"));
    }

    private Task<ServerProcess> StartAgentAsync() =>
        ServerProcess.StartAsync(Setup, ServerProcess.Agent, _credentials.Options("agent"));

    private Task<ServerProcess> StartAggregatorAsync(string agent) => ServerProcess.StartAsync(
        Setup, ServerProcess.Aggregator, [.. Setup.Access("aggregator"), "--agent", agent]);

    private ServerSetup Setup => new() { Credentials = _credentials };

    private static async Task<JsonElement> AgentAsync(ServerProcess aggregator) =>
        (await aggregator.GetAsync("/api/agents")).GetProperty("agents")[0];

    private static Task AgentBecomesAsync(ServerProcess aggregator, string state) => UntilAsync(
        $"the agent to be {state}", async () => (await AgentAsync(aggregator)).GetProperty("state").GetString() == $"STATE_{state}");

    private static async Task UntilAsync(string what, Func<Task<bool>> holds) =>
        await Waiting.ForAsync(what, async () => await holds() ? "" : null);

    private static int RefusedConnection()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            client.Connect(IPAddress.Loopback, port);
        }
        catch (SocketException)
        {
            // Nobody listens there, and that is the event.
        }

        return port;
    }

    private static Task EventArrivesAsync(ServerProcess aggregator, int port) => UntilAsync("the event to arrive", async () =>
        (await aggregator.GetAsync($"/api/events?destination_port={port}")).GetProperty("count").GetInt32() > 0);
}
