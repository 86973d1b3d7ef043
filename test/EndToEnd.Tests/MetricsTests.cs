using System.Net;
using System.Net.Sockets;
using System.Text;
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
    public async Task Otlp_WithTheStandardVariables_ReachesACollector()
    {
        using var collector = new HttpListener();
        var url = $"http://127.0.0.1:{FreePort()}/";
        collector.Prefixes.Add(url);
        collector.Start();
        var received = new StringBuilder();
        var collecting = Task.Run(async () =>
        {
            while (!received.ToString().Contains("monitor_log_bytes", StringComparison.Ordinal))
            {
                var context = await collector.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                received.AppendLine(context.Request.Url!.AbsolutePath).Append(Encoding.UTF8.GetString(body.ToArray()));
                context.Response.Close();
            }
        });
        using var agent = await ServerProcess.StartAsync(
            new ServerSetup
            {
                Environment = new Dictionary<string, string>
                {
                    ["OTEL_EXPORTER_OTLP_ENDPOINT"] = url,
                    ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                    ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
                },
            },
            ServerProcess.Agent);

        await collecting.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.That(received.ToString(), Does.Contain("/v1/metrics").And.Contain("monitor-agent").And.Contain("monitor_program_events_total"));
        agent.Signal("TERM");
        Assert.That(await agent.ExitAsync(), Is.Zero, agent.Error);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
