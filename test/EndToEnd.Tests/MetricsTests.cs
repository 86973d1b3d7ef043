using System.Security.Cryptography.X509Certificates;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>The metrics of a real agent, as others take them: Debian's Prometheus, and a collector of OpenTelemetry.</summary>
[RequiresKernel]
internal sealed class MetricsTests
{
    [Test]
    public async Task Prometheus_OfDebian_ScrapesTheAgentAndKnowsItsConnections()
    {
        using var agent = await ServerProcess.StartAsync(ServerProcess.Agent);
        using var prometheus = Prometheus.Start(("network-monitor-agent", agent.HttpTarget));
        Command.Python("socket.socket().connect_ex(('127.0.0.1', 1))");
        foreach (var query in new[]
        {
            "up == 1",
            "sum(monitor_connection_failures_total{error=\"ECONNREFUSED\"}) > 0",
            "sum(monitor_program_produced_events_total) > 0",
            "process_cpu_seconds_total > 0",
            "process_open_handles > 0",
        })
        {
            await Waiting.ForAsync($"an answer to {query}", async () => await prometheus.HasDataAsync(query) ? query : null);
        }

        agent.Signal("TERM");
        Assert.That(await agent.ExitAsync(), Is.Zero, agent.Error);
        Assert.That(agent.Error, Does.Not.Match(@"\dZ (error|critical) "));
    }

    [Test]
    public async Task Otlp_WithTheStandardVariables_ReachesACollector([Values("http/protobuf", "grpc", "")] string protocol, [Values] bool tls)
    {
        var disk = Directory.CreateTempSubdirectory("monitor-test-");
        try
        {
            using var credentials = new TestCredentials(disk.FullName);
            credentials.Sign("collector", "localhost");
            var variables = new Dictionary<string, string> { ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000" };
            if (protocol.Length > 0)
            {
                variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol;
            }

            if (tls)
            {
                variables["OTEL_EXPORTER_OTLP_CERTIFICATE"] = credentials.PathOf("ca.pem");
            }

            await using var collector = await Collector.StartAsync(
                // The specification's default is gRPC.
                isGrpc: protocol != "http/protobuf",
                tls ? X509Certificate2.CreateFromPemFile(credentials.PathOf("collector.pem"), credentials.PathOf("collector.key")) : null);
            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Url;
            using var agent = await ServerProcess.StartAsync(new ServerSetup { Environment = variables }, ServerProcess.Agent);

            await Waiting.ForAsync("the log's metrics", () => Task.FromResult(collector.Received.Contains("monitor_log_bytes", StringComparison.Ordinal) ? "" : null), seconds: 60);

            Assert.That(collector.Received, Does.Contain("monitor-agent").And.Contain("monitor_program_events_total"));
            Assert.That(collector.Paths, Is.EqualTo(new[] { collector.Path }));
            agent.Signal("TERM");
            Assert.That(await agent.ExitAsync(), Is.Zero, agent.Error);
            Assert.That(agent.Error, Does.Not.Match(@"\dZ (error|critical) "));
        }
        finally
        {
            disk.Delete(recursive: true);
        }
    }

}
