using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Monitor.Agent.Tests.Kernel;
using Monitor.Server.Tests.Access;

namespace EndToEnd.Tests;

/// <summary>A real agent and a real aggregator with certificates of an authority of the test.</summary>
[RequiresKernel]
internal sealed class SecuredTests
{
    private const string Token = "a token of the tests";

    private readonly TestAuthority _authority = new();
    private DirectoryInfo _folder = null!;

    [SetUp]
    public void MakeFiles()
    {
        _folder = Directory.CreateTempSubdirectory("secured");
        Write("ca.pem", _authority.Pem);
        Write("readers.json", $$"""{"readers": [{"name": "tests", "role": "events", "token_sha256": "{{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Token)))}}"}]}""");
        Sign("agent", "monitor-agent");
        Sign("aggregator", "monitor-aggregator");
    }

    [TearDown]
    public void RemoveFiles() => _folder.Delete(recursive: true);

    [OneTimeTearDown]
    public void Forget() => _authority.Dispose();

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
        Sign("agent", "monitor-agent");
        Sign("aggregator", "monitor-aggregator");
        await UntilAsync("both to see the new files", () => Task.FromResult(
            agent.Error.Contains("agent.key changed", StringComparison.Ordinal) && aggregator.Error.Contains("aggregator.key changed", StringComparison.Ordinal)));
        await EventArrivesAsync(aggregator, RefusedConnection());
        Assert.That((await AgentAsync(aggregator)).GetProperty("reconnects").ToString(), Is.EqualTo("0"));
    }

    [TestCase("agent", "some-server", "its certificate is of 'some-server' and not of 'monitor-agent'")]
    [TestCase("aggregator", "some-client", "does not accept this aggregator's certificate")]
    public async Task Link_WithACertificateOfAnotherName_IsNotMade(string side, string name, string reason)
    {
        Sign(side, name);
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
        Write("ca.pem", other.Pem);
        using var aggregator = await StartAggregatorAsync(agent.GrpcTarget);

        await AgentBecomesAsync(aggregator, "FAILED");

        Assert.That((await AgentAsync(aggregator)).GetProperty("reason").GetString(), Does.StartWith("TLS: "));
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
        Write("agent.pem", "no certificate");

        var (exitCode, _, error) = await ServerProcess.RunAsync(
            ServerProcess.Agent, null, [.. Tls("agent"), "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]);

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

    private Task<ServerProcess> StartAgentAsync() => ServerProcess.StartAsync(ServerProcess.Agent, Tls("agent"));

    private Task<ServerProcess> StartAggregatorAsync(string agent) => ServerProcess.StartAsync(
        ServerProcess.Aggregator, [.. Tls("aggregator"), "--readers", PathOf("readers.json"), "--agent", agent]);

    private string[] Tls(string name) =>
        ["--tls-certificate", PathOf($"{name}.pem"), "--tls-key", PathOf($"{name}.key"), "--tls-authority", PathOf("ca.pem")];

    private void Sign(string file, string name)
    {
        var (certificate, key) = _authority.Sign(name);
        Write($"{file}.pem", certificate);
        Write($"{file}.key", key);
    }

    private void Write(string name, string text) => File.WriteAllText(PathOf(name), text);

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private async Task<JsonElement> GetAsync(ServerProcess server, string path)
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            CustomTrustStore = { X509Certificate2.CreateFromPem(_authority.Pem) },
        };
        using var http = new HttpClient(handler);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return JsonDocument.Parse(await http.GetStringAsync(new Uri(server.HttpUrl + path))).RootElement;
    }

    private async Task<JsonElement> AgentAsync(ServerProcess aggregator) =>
        (await GetAsync(aggregator, "/api/agents")).GetProperty("agents")[0];

    private Task AgentBecomesAsync(ServerProcess aggregator, string state) => UntilAsync(
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

    private Task EventArrivesAsync(ServerProcess aggregator, int port) => UntilAsync("the event to arrive", async () =>
        (await GetAsync(aggregator, $"/api/events?destination_port={port}")).GetProperty("count").GetInt32() > 0);
}
