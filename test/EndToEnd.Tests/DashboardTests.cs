using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>The dashboards in <c>deploy/grafana</c>, asked of a Prometheus that scrapes an agent and an aggregator with traffic of
/// every kind: no panel stays empty.</summary>
[RequiresKernel]
internal sealed partial class DashboardTests
{
    private const string AgentJob = "network-monitor-agent", AggregatorJob = "network-monitor-aggregator";

    // Of what these show, there is nothing where all is well, or where a machine has it switched off.
    private static readonly (string Metric, string Why)[] MayBeEmpty =
    [
        ("monitor_program_status", "programs that do not run"),
        ("monitor_hook_run_seconds_total", "the kernel's statistics of BPF are off"),
        ("monitor_access_refusals_total", "there are no readers"),
    ];

    // All of what the programs report, until it is ended: whole connections, resets, refusals, drops, questions without an answer to
    // their name, a listener whose queue is full and segments that are sent again because of that, and more of it than the rate limit
    // lets pass.
    private const string Traffic = """
        import threading
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); server.bind(('127.7.7.7', 53))
        def names():
            while True:
                q, a = server.recvfrom(512)
                server.sendto(q[:2] + b'\x81\x83' + q[4:], a)
        threading.Thread(target=names, daemon=True).start()
        l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen(50)
        full = socket.socket(); full.bind(('127.0.0.1', 0)); full.listen(1)
        waiting = []
        question = b'\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04shop\x07example\x00\x00\x01\x00\x01'
        print('up', flush=True)
        while True:
            for i in range(20):
                c = socket.socket(); c.connect(l.getsockname()); s, _ = l.accept()
                s.sendall(b'x' * 1000); c.recv(1000)
                if i % 5 == 0: s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                s.close(); c.close()
                socket.socket().connect_ex(('127.0.0.1', 1))
                u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.sendto(b'x', ('127.0.0.1', 9))
                u.connect(('127.7.7.7', 53)); u.send(question); u.recv(512)
                time.sleep(.02)
            for i in range(1000): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 9))
            for i in range(3):
                c = socket.socket(); c.setblocking(False); c.connect_ex(full.getsockname()); waiting.append(c)
            if len(waiting) > 60: waiting = []
        """;

    [Test]
    public async Task Panels_OfAnAgentAndAnAggregatorWithTraffic_AllShowSomething()
    {
        using var agent = await ServerProcess.StartAsync(
            ServerProcess.Agent, "--programs", "connection,packet_drop,accept,close,retransmit,reset,listen_overflow,dns", "--rate-limit", "100");
        using var aggregator = await ServerProcess.StartAsync(ServerProcess.Aggregator, "--agent", agent.GrpcTarget);
        using var prometheus = Prometheus.Start((AgentJob, agent.HttpTarget), (AggregatorJob, aggregator.HttpTarget));
        using var traffic = Process.Start(new ProcessStartInfo("python3", ["-c", Command.PythonProgram(Traffic)]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.That(await traffic.StandardOutput.ReadLineAsync(), Is.EqualTo("up"));
            var all = Queries().ToList();
            Assert.That(all, Has.Count.GreaterThan(80));
            Assert.That(MayBeEmpty.Where(known => !all.Any(panel => IsAbout(panel, known.Metric))), Is.Empty);
            var missing = all.Where(panel => !MayBeEmpty.Any(known => IsAbout(panel, known.Metric))).ToHashSet();
            var clock = Stopwatch.StartNew();
            while (missing.Count > 0 && clock.Elapsed < TimeSpan.FromSeconds(60))
            {
                await aggregator.GetAsync("/api/events?limit=1");
                await agent.GetAsync("/api/events?limit=1");
                foreach (var panel in missing.ToList())
                {
                    if (await prometheus.HasDataAsync(panel.Query))
                    {
                        missing.Remove(panel);
                    }
                }

                await Task.Delay(500);
            }

            Assert.That(traffic.HasExited, Is.False, "the traffic goes on");
            Assert.That(missing, Is.Empty);
        }
        finally
        {
            traffic.Kill();
            await traffic.WaitForExitAsync();
        }

        foreach (var server in new[] { aggregator, agent })
        {
            server.Signal("TERM");
            Assert.That(await server.ExitAsync(), Is.Zero, server.Error);
            Assert.That(server.Error, Does.Not.Match(@"\dZ (error|critical) "));
        }
    }

    private static bool IsAbout((string Panel, string Query) panel, string metric) => panel.Query.Contains(metric, StringComparison.Ordinal);

    // As Grafana asks with all nodes, namespaces and workloads chosen; for each of the jobs where a panel is about one.
    private static IEnumerable<(string Panel, string Query)> Queries() =>
        from path in Directory.GetFiles(Path.Combine(DeployFolder(), "grafana"), "*.json")
        from panel in JsonDocument.Parse(File.ReadAllText(path)).RootElement.GetProperty("panels").EnumerateArray()
        from target in panel.GetProperty("targets").EnumerateArray()
        let query = target.GetProperty("expr").GetString()!.Replace("$__rate_interval", "10s", StringComparison.Ordinal)
        from job in query.Contains("$job", StringComparison.Ordinal) ? (string[])[AgentJob, AggregatorJob] : [""]
        select (
            $"{Path.GetFileName(path)}: {panel.GetProperty("title").GetString()}",
            Variable().Replace(query.Replace("$job", job, StringComparison.Ordinal), ".*"));

    private static string DeployFolder([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "deploy"));

    [GeneratedRegex(@"\$[a-z]+")]
    private static partial Regex Variable();
}
