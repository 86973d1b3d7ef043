using System.Diagnostics;

namespace Kubernetes.Tests;

/// <summary>The cluster beside the one that the other tests use: several have to live on one machine, and leave nothing.</summary>
internal sealed class ClusterTests
{
    private string _folder = "";

    private Dictionary<string, string> Settings => new() { ["CLUSTER_FOLDER"] = _folder };

    [SetUp]
    public void MakeFolder()
    {
        _folder = Directory.CreateTempSubdirectory("monitor-kubernetes-").FullName;
        var programs = Path.Combine(Shell.Repository, "artifacts/kubernetes");
        foreach (var name in new[] { "bin", "root", ".unpacked" })
        {
            File.CreateSymbolicLink(Path.Combine(_folder, name), Path.Combine(programs, name));
        }
    }

    [TearDown]
    public async Task StopAsync()
    {
        await Shell.RunAsync(Settings, Cluster.Script, "stop");
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Start_KilledInTheMiddle_LeavesNothingAfterStop()
    {
        var before = await RemainsAsync();
        using var start = Start();
        await Waiting.ForAsync("a node that is starting", RemainsAsync, now => now.Contains("kubelet", StringComparison.Ordinal)
            && now.Split('\n').Count(line => line.Contains("kubelet", StringComparison.Ordinal)) > before.Split('\n').Count(line => line.Contains("kubelet", StringComparison.Ordinal)));
        start.Kill();
        await start.WaitForExitAsync();
        Assert.That(await RemainsAsync(), Is.Not.EqualTo(before));

        (await Shell.RunAsync(Settings, Cluster.Script, "stop")).Succeeded();

        // The machine's init may take a moment to reap what was killed.
        await Waiting.ForAsync("the end of the cluster", RemainsAsync, now => now == before);
    }

    [Test]
    public async Task Start_OfAProcessThatEnds_IsStoppedWithIt()
    {
        var before = await RemainsAsync();
        using var owner = Process.Start("sleep", "infinity");
        try
        {
            (await Shell.RunAsync(Settings, Cluster.Script, "start", $"{owner.Id}")).Succeeded();
            Assert.That((await Shell.RunAsync(Settings, Cluster.Script, "kubectl", "get", "node", "node-1", "-o", "jsonpath={.status.nodeInfo.kubeletVersion}")).Succeeded(),
                Is.EqualTo("v1.20.2"));
        }
        finally
        {
            owner.Kill();
        }

        await Waiting.ForAsync("the end of the cluster", RemainsAsync, now => now == before);
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(Path.Combine(Shell.Repository, Cluster.Script), ["start"]);
        start.Environment["CLUSTER_FOLDER"] = _folder;
        return Process.Start(start)!;
    }

    // Of both clusters: namespaces, interfaces, cgroups, processes of the node, mounts, sysctls.
    private static async Task<string> RemainsAsync() => (await Shell.RunAsync("bash", "-c", """
        ls /run/netns 2>/dev/null
        ip -o link | grep -o ' mk8s[0-9a-f]*'
        ls -d /sys/fs/cgroup/{,*/}monitor-k8s-* 2>/dev/null
        grep -o 'monitor-k8s-[^ ]*' /proc/mounts
        ls -d /run/monitor-k8s-* 2>/dev/null
        ps -e -o stat=,comm= | sed -n 's/^[^Z][^ ]* *//p' | grep -xE 'kubelet|kube-.*|etcd|containerd|containerd-shim.*' | sort
        sysctl vm.overcommit_memory kernel.panic kernel.panic_on_oops
        """)).Succeeded();
}
