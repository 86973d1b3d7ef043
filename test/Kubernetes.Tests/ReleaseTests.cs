using System.Text.Json;
using Monitor.Agent.Tests.Kernel;

namespace Kubernetes.Tests;

/// <summary>The chart on the real node, with images of the published programs.</summary>
[RequiresKernel]
internal sealed class ReleaseTests
{
    [OneTimeSetUp]
    public static Task MakeImagesAsync() => Images.MakeAsync();

    // Install, pods that connect, are refused, or live for a moment, helm test, upgrade, rollback, uninstall.
    [Test]
    public async Task Release_FromInstallToUninstall_SeesThePodsAndLeavesNothing()
    {
        var before = await ProgramsAsync();
        var environment = Cluster.Environment;
        environment["TEST_IMAGE"] = "monitor.test/busybox:1";

        var run = await Shell.RunAsync(environment, "deploy/helm/integration-test.sh", Images.Values);

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Error);
        Assert.That(await ProgramsAsync(), Is.EqualTo(before), "programs in the kernel");
    }

    private static async Task<string> ProgramsAsync()
    {
        using var programs = JsonDocument.Parse((await Shell.RunAsync("bpftool", "-j", "prog", "show")).Succeeded());
        return string.Join('\n', programs.RootElement.EnumerateArray()
            .Select(program => $"{program.GetProperty("id")} {(program.TryGetProperty("name", out var name) ? name.GetString() : "")}"));
    }
}
