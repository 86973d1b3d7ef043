using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>How an aggregator starts, refuses to, and ends. Its agents' ports have nobody: it needs nobody for that.</summary>
internal sealed class AggregatorLifeTests
{
    private const string NoAgent = "127.0.0.1:1";

    [TestCase("TERM")]
    [TestCase("INT")]
    public async Task Signal_WithOpenStreamsAndAgentsOutOfReach_EndsWithinTwoSeconds(string signal)
    {
        // Neither answers: one refuses, one takes the connection and says nothing.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var aggregator = await ServerProcess.StartAsync(
            ServerProcess.Aggregator, "--agent", NoAgent, "--agent", silent.LocalEndpoint.ToString()!);
        using var link = await silent.AcceptSocketAsync();
        using var curl = Process.Start(
            new ProcessStartInfo("curl", ["-sN", $"{aggregator.HttpUrl}/api/events/stream"]) { RedirectStandardOutput = true })!;
        await curl.StandardOutput.ReadLineAsync();
        // A machine with much traffic fills the pipe, and curl would wait for its reader.
        var rest = curl.StandardOutput.ReadToEndAsync();

        var clock = Stopwatch.StartNew();
        aggregator.Signal(signal);
        var exitCode = await aggregator.ExitAsync();

        Assert.That(clock.Elapsed, Is.LessThan(Limit.OfSeconds(2)));
        Assert.That(exitCode, Is.Zero, aggregator.Error);
        Assert.That(aggregator.Error, Does.Not.Match(@"\dZ (error|critical) "));
        await rest;
        await curl.WaitForExitAsync();
    }

    [Test]
    public async Task Start_SaysWhatIsWatchedAndWhere()
    {
        using var aggregator = await ServerProcess.StartAsync(ServerProcess.Aggregator, "--agent", NoAgent, "--agents-dns", "localhost:2");

        Assert.That(aggregator.Error, Does.Contain($"agents: {NoAgent}").And.Contain("agents: DNS name localhost:2"));
        Assert.That(
            aggregator.Error,
            Does.Contain($"curl -s '{aggregator.HttpUrl}/api/agents'").And.Contain($"grpcurl -plaintext {aggregator.GrpcTarget}"));
    }

    /// <summary>The C library would ask services of the machine by Unix sockets, which the filter of system calls refuses.</summary>
    [TestCase("--agent")]
    [TestCase("--agents-dns")]
    public async Task Agent_ByItsName_IsFoundUnderTheFilter(string option)
    {
        using var agent = new TcpListener(IPAddress.Loopback, 0);
        agent.Start();
        using var aggregator = await ServerProcess.StartAsync(
            ServerProcess.Aggregator, option, $"localhost:{((IPEndPoint)agent.LocalEndpoint).Port}");
        Assert.That(aggregator.Error, Does.Contain("rights: system calls filtered"));

        using var link = await agent.AcceptSocketAsync().WaitAsync(Limit.OfSeconds(30));

        Assert.That(link.Connected);
    }

    [Test]
    public async Task AgentsFile_Changed_ChangesTheAgents()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "127.0.0.1:1\nnot an address\n");
            using var aggregator = await ServerProcess.StartAsync(ServerProcess.Aggregator, "--agents-file", file);
            await AgentsAreAsync(aggregator, "127.0.0.1:1");
            Assert.That(aggregator.Error, Does.Contain($"{file}, line 2: 'not an address'"));

            await File.WriteAllTextAsync(file, "127.0.0.1:2\n127.0.0.1:3\n");

            await AgentsAreAsync(aggregator, "127.0.0.1:2", "127.0.0.1:3");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public async Task Port_InUse_IsOneMessage()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var (exitCode, _, error) = await ServerProcess.RunAsync(
            ServerProcess.Aggregator, null, "--agent", NoAgent, "--http", taken.LocalEndpoint.ToString()!, "--grpc", "127.0.0.1:0");

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Does.Contain("--http").And.Contain(taken.LocalEndpoint.ToString()).And.Not.Contain("   at "));
    }

    [TestCase(new string[0], "--agent host:port")]
    [TestCase(new[] { "--agent", "node-1:grpc" }, "--agent is 'node-1:grpc'")]
    [TestCase(new[] { "--agents-file", "/does/not/exist" }, "--agents-file")]
    [TestCase(new[] { "--agnet", "node-1" }, "--agent")]
    [TestCase(new[] { "--programs", "connection" }, "--programs")]
    public async Task Setting_Bad_ExitsWith2AndTeaches(string[] arguments, string mentions)
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(ServerProcess.Aggregator, null, arguments);

        Assert.That((exitCode, output), Is.EqualTo((2, "")));
        Assert.That(error, Does.StartWith("monitor-aggregator: ").And.Contain(mentions).And.Contain("--help"));
        Assert.That(error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
    }

    // Agents that have gone stay in the list for a while, as gone.
    private static async Task AgentsAreAsync(ServerProcess aggregator, params string[] addresses) =>
        await Waiting.ForAsync($"agents {string.Join(", ", addresses)}", async () =>
        {
            var agents = (await aggregator.GetAsync("/api/agents")).GetProperty("agents").EnumerateArray()
                .Where(agent => agent.GetProperty("state").GetString() != "STATE_GONE")
                .Select(agent => agent.GetProperty("address").GetString()!);
            return agents.Order(StringComparer.Ordinal).SequenceEqual(addresses) ? "" : null;
        });
}
