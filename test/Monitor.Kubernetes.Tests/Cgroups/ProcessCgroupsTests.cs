using System.Diagnostics;
using Monitor.Kubernetes.Cgroups;

namespace Monitor.Kubernetes.Tests.Cgroups;

internal sealed class ProcessCgroupsTests
{
    private static readonly Guid Uid = Guid.Parse("3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10");
    private const string Id = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";

    [Test]
    public void CgroupFile_OfV2_GivesItsPath() => Assert.That(
        ProcessCgroups.PodPath($"0::/kubepods/pod{Uid}/{Id}\n"), Is.EqualTo($"/kubepods/pod{Uid}/{Id}"));

    [Test]
    public void CgroupFile_OfAPodInV1Only_GivesThePathOfV1() => Assert.That(
        ProcessCgroups.PodPath($"12:cpu,cpuacct:/\n4:memory:/kubepods/pod{Uid}/{Id}\n1:name=systemd:/\n0::/system.slice/containerd.service\n"),
        Is.EqualTo($"/kubepods/pod{Uid}/{Id}"));

    [Test]
    public void CgroupFile_WithColonsInThePath_GivesAllOfIt()
    {
        var path = $"/system.slice/containerd.service/kubepods-pod{Uid:D}.slice:cri-containerd:{Id}".Replace(Uid.ToString(), Uid.ToString().Replace('-', '_'), StringComparison.Ordinal);

        Assert.That(ProcessCgroups.PodPath($"0::{path}\n"), Is.EqualTo(path));
    }

    /// <summary>The kernel allows all but \n and / in a name.</summary>
    [TestCase("\r")]
    [TestCase("\f")]
    [TestCase("\u0085")]
    [TestCase("\u2028")]
    [TestCase("\u2029")]
    public void CgroupFile_WithTheEndOfALineInAName_GivesItsPath(string end)
    {
        var other = Guid.Parse("b2a7c9d4-0f31-4a77-8f0e-6c1de0c9a455");
        var path = $"/kubepods/pod{other}/{Id}/z{end}0::/kubepods/pod{Uid}/{Id}";

        Assert.That(ProcessCgroups.PodPath($"4:memory:{path}\n0::/\n"), Is.EqualTo(path));
    }

    [TestCase("\r")]
    [TestCase("\f")]
    [TestCase("\u0085")]
    [TestCase("\u2028")]
    [TestCase("\u2029")]
    public void MountInfo_WithTheEndOfALineInAName_NamesNone(string end) => Assert.That(
        ProcessCgroups.ContainerName($"612 608 254:0 /x{end}612 608 254:0 /pods/{Uid}/containers/web/5f3b1a2c /x rw\n", Uid), Is.Null);

    [TestCase("")]
    [TestCase("0::/\n")]
    [TestCase("garbage\n::\n:\n\0")]
    public void CgroupFile_WithoutAPod_GivesNone(string text) => Assert.That(ProcessCgroups.PodPath(text), Is.Empty);

    // As seen in a container of containerd: the kubelet's folder on the node's root file system, or on one of its own.
    [TestCase("/var/lib/kubelet/pods/3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10/containers/web/5f3b1a2c", "web")]
    [TestCase("/pods/3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10/containers/web/5f3b1a2c", "web")]
    [TestCase("/var/lib/kubelet/pods/b2a7c9d4-0f31-4a77-8f0e-6c1de0c9a455/containers/web/5f3b1a2c", null)]
    [TestCase("/var/lib/kubelet/pods/3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10/volumes/web/5f3b1a2c", null)]
    [TestCase("/var/lib/kubelet/pods/3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10/containers/web/5f3b1a2c/x", null)]
    [TestCase("/var/lib/kubelet/pods/3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10/containers/web", null)]
    [TestCase("/var/lib/kubelet/pods/3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10/containers//x", null)]
    [TestCase("/var/lib/kubelet/pods/", null)]
    public void MountInfo_WithTheTerminationLog_NamesTheContainer(string root, string? expected)
    {
        var text = $"""
            22 28 0:21 / /sys rw,nosuid shared:7 - sysfs sysfs rw
            612 608 254:0 {root} /dev/termination-log rw,relatime - ext4 /dev/vda rw
            """;

        Assert.That(ProcessCgroups.ContainerName(text, Uid), Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase("1 2\n\n3")]
    public void MountInfo_OfGarbage_NamesNone(string text) => Assert.That(ProcessCgroups.ContainerName(text, Uid), Is.Null);

    [Test]
    public void Process_ThatIsUsed_HasItsStartTime()
    {
        var proc = new ProcessCgroups("/proc");

        var start = proc.StartTime((uint)Environment.ProcessId);

        // Ticks are hundredths of a second since boot.
        var expected = (Process.GetCurrentProcess().StartTime - DateTime.Now).TotalSeconds + (Environment.TickCount64 / 1000.0);
        Assert.That(start!.Value / 100.0, Is.EqualTo(expected).Within(2));
    }

    [Test]
    public void Process_ThatIsNot_GivesNothing()
    {
        var proc = new ProcessCgroups("/proc");

        Assert.Multiple(() =>
        {
            Assert.That(proc.StartTime(uint.MaxValue), Is.Null);
            Assert.That(proc.PodPath(uint.MaxValue), Is.Null);
            Assert.That(proc.ContainerName(uint.MaxValue, Uid), Is.Null);
            Assert.That(ProcessCgroups.FirstProcess("/nowhere"), Is.Null);
        });
    }
}
