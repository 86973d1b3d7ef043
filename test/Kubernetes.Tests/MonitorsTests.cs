using System.Text.Json;
using Monitor.Agent.Tests.Kernel;

namespace Kubernetes.Tests;

/// <summary>Monitors of the user's own, in a ConfigMap that the kubelet mounts.</summary>
[RequiresKernel]
internal sealed class MonitorsTests
{
    private const string Namespace = "monitors-test";
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    [OneTimeSetUp]
    public static async Task InstallAsync()
    {
        await Images.MakeAsync();
        (await Cluster.KubectlAsync("create", "namespace", Namespace)).Succeeded();
        await PutAsync("create", "exec");
        // Who may read is not what is tested here.
        (await Cluster.HelmAsync(
            ["install", "monitors", ChartTests.Chart, "--namespace", Namespace, .. Images.Values,
                "--set", "fullnameOverride=monitors,insecure=true,agent.monitors.configMap=own"])).Succeeded();
        foreach (var program in new[] { "daemonset/monitors-agent", "deployment/monitors-aggregator" })
        {
            (await Cluster.KubectlAsync("-n", Namespace, "rollout", "status", program, "--timeout=120s")).Succeeded();
        }
    }

    [OneTimeTearDown]
    public static async Task UninstallAsync()
    {
        await Cluster.HelmAsync("uninstall", "monitors", "--namespace", Namespace);
        await Cluster.KubectlAsync("delete", "namespace", Namespace);
    }

    [Test]
    public async Task ConfigMap_OfMonitors_IsLoadedAndItsChangesAreFollowed()
    {
        using var forward = PortForward.Start(Namespace, "service/monitors-aggregator", 8081);
        var url = $"http://localhost:{await forward.LocalPortAsync()}";
        (await Cluster.KubectlAsync(
            "-n", Namespace, "run", "runner", "--image=monitor.test/busybox:1", "--image-pull-policy=Never", "--restart=Never",
            "--command", "--", "sh", "-c", "while true; do /bin/busybox date; sleep 1; done")).Succeeded();

        var told = await Waiting.ForAsync(
            "an event of the pod",
            () => AskAsync($"{url}/api/events?type=exec&k8s_pod_name=runner&field=file%3D%2Fbin%2Fbusybox&limit=1"),
            answer => answer.Contains("\"file\"", StringComparison.Ordinal));
        Assert.That(told, Does.Contain($"\"k8s_namespace\":\"{Namespace}\"").And.Contain("\"k8s_node_name\":\"node-1\""));

        // Of a tracepoint, for which tracefs is mounted.
        await PutAsync("replace", "oom_kill");
        await Waiting.ForAsync(
            "the other monitor in place of the first",
            () => AskAsync($"{url}/api/monitors"),
            answer => StatusOf(answer, "oom_kill") == "active" && StatusOf(answer, "exec") != "active");
    }

    private static async Task PutAsync(string verb, string monitor)
    {
        var manifest = (await Cluster.KubectlAsync(
            "-n", Namespace, "create", "configmap", "own", $"--from-file=artifacts/bpf/examples/{monitor}.bpf.o", "--dry-run=client", "-o", "yaml")).Succeeded();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, manifest);
            (await Cluster.KubectlAsync("-n", Namespace, verb, "-f", file)).Succeeded();
        }
        finally
        {
            File.Delete(file);
        }
    }

    // What it refuses as well: until an agent has told of the monitor, no type and no field has that name.
    private static async Task<string> AskAsync(string url)
    {
        try
        {
            using var answer = await Http.GetAsync(url);
            return await answer.Content.ReadAsStringAsync();
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            return failure.Message;
        }
    }

    private static string? StatusOf(string answer, string monitor)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            return json.RootElement.TryGetProperty("monitors", out var monitors)
                ? monitors.EnumerateArray().FirstOrDefault(one => one.GetProperty("name").GetString() == monitor) is { ValueKind: JsonValueKind.Object } found
                    ? found.GetProperty("status").GetString()
                    : null
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
