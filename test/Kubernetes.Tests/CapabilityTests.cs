using Monitor.Agent.Tests.Kernel;

namespace Kubernetes.Tests;

/// <summary>The agent's container on the real node, as the chart has it but for one capability.</summary>
[RequiresKernel]
internal sealed class CapabilityTests
{
    private const string Namespace = "capability-test";

    [OneTimeSetUp]
    public static async Task PrepareAsync()
    {
        await Images.MakeAsync();
        (await Cluster.KubectlAsync("create", "namespace", Namespace)).Succeeded();
        // The objects that the agent refers to; the agents themselves come from the tests.
        var accounts = await RenderAsync("templates/rbac.yaml", "templates/priorityclass.yaml", "templates/certificates.yaml");
        await ApplyAsync(accounts);
    }

    [OneTimeTearDown]
    public static async Task RemoveAsync()
    {
        await Cluster.KubectlAsync("delete", "namespace", Namespace);
        await Cluster.KubectlAsync("delete", "clusterroles,clusterrolebindings,priorityclasses", "-l", "app.kubernetes.io/instance=capability-test");
    }

    [TearDown]
    public static async Task RemoveAgentAsync() =>
        await Cluster.KubectlAsync("-n", Namespace, "delete", "daemonset", "--all", "--cascade=foreground", "--wait");

    [TestCase("BPF")]
    [TestCase("PERFMON")]
    [TestCase("NET_ADMIN")]
    public async Task Agent_WithoutACapabilityThatItNeeds_SaysWhich(string capability)
    {
        await StartWithoutAsync(capability);

        await Waiting.ForAsync("what the agent says", LogAsync, log => log.Contains($"This process lacks CAP_{capability}:", StringComparison.Ordinal));
    }

    // What is worse without CAP_SYSLOG and CAP_SYS_NICE depends on the machine, and is not said.
    [TestCase("IPC_LOCK", "CAP_IPC_LOCK")]
    [TestCase("SYSLOG", "packet_drop: skb/kfree_skb")]
    [TestCase("SYS_NICE", "packet_drop: skb/kfree_skb")]
    public async Task Agent_WithoutACapabilityThatItWants_Works(string capability, string said)
    {
        await StartWithoutAsync(capability);

        (await Cluster.KubectlAsync("-n", Namespace, "rollout", "status", "daemonset", "capability-test-network-monitor-agent", "--timeout=120s")).Succeeded();
        Assert.That(await LogAsync(), Does.Contain(said));
    }

    [Test]
    public async Task Agent_WithWhatTheChartGives_LacksNothing()
    {
        await StartWithoutAsync("NONE");

        (await Cluster.KubectlAsync("-n", Namespace, "rollout", "status", "daemonset", "capability-test-network-monitor-agent", "--timeout=120s")).Succeeded();
        var log = await LogAsync();
        Assert.That(log, Does.Match(@"(?m)^rights: CAP_IPC_LOCK, CAP_SYS_NICE, CAP_SYSLOG; given up: .*CAP_BPF"));
        Assert.That(log.Replace("rights: ", "", StringComparison.Ordinal).Split('\n').Where(line => !line.StartsWith("CAP_IPC_LOCK, ", StringComparison.Ordinal)), Has.None.Contains("CAP_"));
        Assert.That(log, Does.Not.Contain("namespace of its own").And.Not.Contain("only the processes of"));
    }

    // Perf rings of nodes with Debian or Ubuntu need it; only a chart that is rendered with a cluster knows that there are any.
    [Test]
    public async Task Chart_RenderedWithTheCluster_HasSysAdminForDebianAndUbuntu()
    {
        var systems = (await Cluster.KubectlAsync("get", "nodes", "-o", "jsonpath={.items[*].status.nodeInfo.osImage}")).Succeeded();

        var asked = await RenderWithClusterAsync();
        var without = await RenderWithClusterAsync("--set", "agent.restrictedPerfEvents=false");

        var needed = systems.Contains("Debian", StringComparison.Ordinal) || systems.Contains("Ubuntu", StringComparison.Ordinal);
        Assert.That(asked.Contains("- SYS_ADMIN #", StringComparison.Ordinal), Is.EqualTo(needed), systems);
        Assert.That(asked.Contains("The agents start with CAP_SYS_ADMIN", StringComparison.Ordinal), Is.EqualTo(needed), systems);
        Assert.That(without, Does.Contain("- PERFMON #").And.Not.Contain("- SYS_ADMIN #").And.Contain("If the agents do not start"));
    }

    private static async Task<string> RenderWithClusterAsync(params string[] options) => (await Cluster.HelmAsync(
        ["install", "rendered", ChartTests.Chart, "--namespace", Namespace, "--dry-run=server", .. Images.Values, .. options])).Succeeded();

    private static async Task StartWithoutAsync(string capability)
    {
        var agent = await RenderAsync("templates/agent-daemonset.yaml");
        var less = agent.Split('\n').Where(line => !line.TrimStart().StartsWith($"- {capability} #", StringComparison.Ordinal)).ToList();
        Assert.That(less, Has.Count.EqualTo(agent.Split('\n').Length - (capability == "NONE" ? 0 : 1)));
        await ApplyAsync(string.Join('\n', less));
    }

    private static async Task<string> LogAsync() =>
        (await Cluster.KubectlAsync("-n", Namespace, "logs", "-l", "app.kubernetes.io/component=agent", "--tail=-1")).Output;

    private static async Task<string> RenderAsync(params string[] templates) => (await Cluster.HelmAsync(
        ["template", Namespace, ChartTests.Chart, "--namespace", Namespace, "--kube-version", "1.20.2", .. Images.Values,
            .. templates.SelectMany(template => new[] { "--show-only", template })])).Succeeded();

    private static async Task ApplyAsync(string manifest)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, manifest);
            (await Cluster.KubectlAsync("-n", Namespace, "apply", "-f", file)).Succeeded();
        }
        finally
        {
            File.Delete(file);
        }
    }
}
