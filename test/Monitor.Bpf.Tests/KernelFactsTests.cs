using Monitor.Bpf.Attaching;
using Monitor.Bpf.Kernel;
using Monitor.Bpf.Rings;

namespace Monitor.Bpf.Tests;

/// <summary>What the library reads from /proc and /sys, from samples and from this machine.</summary>
internal sealed class KernelFactsTests
{
    [TestCase("000001ffffffffff", null)]
    [TestCase("0000000000200000", null, Description = "CAP_SYS_ADMIN alone")]
    [TestCase("000000c000001000", null, Description = "exactly what is needed")]
    [TestCase("0000000000000000", "lacks CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN: run it as root")]
    [TestCase("0000008000001000", "lacks CAP_PERFMON: run it as root")]
    [TestCase("0000004000000000", "lacks CAP_BPF and CAP_NET_ADMIN: run it as root")]
    public void DescribeMissing_SomeCapabilities_NamesTheOthers(string effective, string? expected)
    {
        var sentence = Capabilities.Parse(["Name:\tx", $"CapEff:\t{effective}"], kernelHasBpf: true).DescribeMissing();
        Assert.That(sentence, expected is null ? Is.Null : Does.Contain(expected));
    }

    [Test]
    public void DescribeMissing_KernelBeforeCapBpf_AsksForSysAdmin() =>
        Assert.That(
            Capabilities.Parse(["CapEff:\t0000000000001000"], kernelHasBpf: false).DescribeMissing(),
            Does.Contain("CAP_SYS_ADMIN"));

    [TestCase(2, false, null)]
    [TestCase(3, true, null)]
    [TestCase(3, false, "kernel.perf_event_paranoid is 3")]
    [TestCase(4, false, "sysctl kernel.perf_event_paranoid=2")]
    public void PerfEventAccess_Refused_NamesTheSysctlWhereItMatters(int level, bool sysAdmin, string? expected) =>
        Assert.That(PerfEventAccess.Explain(level, sysAdmin), expected is null ? Is.Null : Does.Contain(expected).And.Contain("CAP_SYS_ADMIN"));

    [Test]
    public void CgroupFind_Hybrid_TakesTheUnifiedRoot()
    {
        string[] lines =
        [
            "24 1 0:22 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755",
            "25 24 0:23 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate",
            "26 24 0:24 / /sys/fs/cgroup/cpu rw,nosuid shared:10 master:2 - cgroup cgroup rw,cpu",
        ];
        Assert.That(CgroupMount.Find(lines), Is.EqualTo(new CgroupMount("/sys/fs/cgroup/unified")));
    }

    [Test]
    public void CgroupFind_BindMountOfABranch_PrefersTheRoot()
    {
        string[] lines =
        [
            @"30 1 0:23 /pods/a /mnt/with\040space rw - cgroup2 cgroup2 rw",
            "31 1 0:23 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
        ];
        Assert.That(CgroupMount.Find(lines)!.Path, Is.EqualTo("/sys/fs/cgroup"));
        Assert.That(CgroupMount.Find(lines[..1])!.Path, Is.EqualTo("/mnt/with space"));
        Assert.That(CgroupMount.Find([]), Is.Null);
        Assert.That(CgroupMount.Find(["nonsense", ""]), Is.Null);
    }

    // The service with ProtectSystem=strict, the container with a ConfigMap, the disk that is read-only for everyone.
    [TestCase("1 0 8:1 / / ro - ext4 /dev/a rw", false)]
    [TestCase("2 1 8:1 /volumes/m /etc/monitors.d ro,relatime shared:1 - ext4 /dev/a rw,errors=remount-ro", true)]
    [TestCase("2 1 0:9 / /etc/monitors.d rw - erofs image ro,seclabel", true)]
    [TestCase("2 1 8:1 /volumes/m /etc/monitors.d rw - ext4 /dev/a rw,errors=remount-ro", false)]
    [TestCase("2 1 8:1 /volumes/m /etc/monitors.d ro - ext4 /dev/a rw\n3 2 0:9 / /etc/monitors.d rw - tmpfs tmpfs rw", false)]
    [TestCase("", false)]
    public void MountPoint_OfMounts_IsReadOnlyWhereTheLastThereIs(string mounts, bool expected) =>
        Assert.That(MountPoint.IsReadOnly(mounts.Split('\n'), "/etc/monitors.d"), Is.EqualTo(expected));

    [Test]
    public void CgroupFind_ContainerWithTheHostsMount_PrefersTheHosts([Values] bool ownFirst)
    {
        string[] lines =
        [
            "30 1 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw",
            "31 1 0:26 /.. /mnt/slice rw - cgroup2 cgroup2 rw",
            "32 1 0:26 /../.. /host/sys/fs/cgroup rw - cgroup2 cgroup2 rw",
            "33 1 0:26 /../../system.slice/other.service /mnt/other rw - cgroup2 cgroup2 rw",
        ];
        Assert.That(CgroupMount.Find(ownFirst ? lines : lines.Reverse())!.Path, Is.EqualTo("/host/sys/fs/cgroup"));
    }

    [Test]
    [RequiresKernel]
    public void IsHierarchyRoot_RootAndBelow_TellsApart()
    {
        var root = CgroupMount.Find()!;
        var below = Directory.CreateDirectory(Path.Combine(root.Path, $"mon-root-{Environment.ProcessId}"));
        try
        {
            Assert.That(root.IsHierarchyRoot, Is.True);
            Assert.That(new CgroupMount(below.FullName).IsHierarchyRoot, Is.False);
        }
        finally
        {
            below.Delete();
        }
    }

    [Test]
    public void CgroupFind_ThisMachine_IsADirectoryOfCgroups()
    {
        if (CgroupMount.Find() is not { } mount)
        {
            Assert.Ignore("cgroup2 is not mounted here.");
            return;
        }

        Assert.That(File.Exists($"{mount.Path}/cgroup.procs"), Is.True);
    }

    [TestCase("0\n", new[] { 0 })]
    [TestCase("0-3,8,10-11", new[] { 0, 1, 2, 3, 8, 10, 11 })]
    public void CpuListParse_Ranges_AreExpanded(string text, int[] expected) =>
        Assert.That(CpuList.Parse(text), Is.EqualTo(expected));

    [Test]
    public void RealMinusBoot_Twice_AgreesWithTheClockOfNet()
    {
        var offset = KernelClock.RealMinusBoot();
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Assert.That((KernelClock.BootNanoseconds + offset) / 1_000_000, Is.EqualTo(now).Within(1000));
        Assert.That(KernelClock.RealMinusBoot(), Is.EqualTo(offset).Within(1_000_000));
        Assert.That(KernelClock.MonotonicNanoseconds, Is.LessThanOrEqualTo(KernelClock.BootNanoseconds));
    }

    [Test]
    public void DescriptorInfoParse_MemlockLine_IsRead()
    {
        Assert.That(DescriptorInfo.Parse(["pos:\t0", "prog_type:\t17", "memlock:\t8192"]), Is.EqualTo(8192));
        Assert.That(DescriptorInfo.Parse(["pos:\t0"]), Is.Zero);
    }

    [Test]
    public void Errno_Names_AreThoseOfLinux()
    {
        Assert.That(Errno.Name(1), Is.EqualTo("EPERM"));
        Assert.That(Errno.Name(22), Is.EqualTo("EINVAL"));
        Assert.That(Errno.Name(40), Is.EqualTo("ELOOP"));
        Assert.That(Errno.Name(524), Is.EqualTo("ENOTSUPP"));
        Assert.That(Errno.Name(4003), Is.EqualTo("LIBBPF_ERRNO__ENDIAN"));
        Assert.That(Errno.Name(9999), Is.EqualTo("errno 9999"));
    }

    [Test]
    [RequiresKernel]
    public void HasHelper_KnownAndUnknown_TellsApart()
    {
        const int PerfEventOutput = 25;
        Assert.That(BpfFeatures.HasHelper(BpfProgramType.CgroupSockAddr, PerfEventOutput), Is.True);
        Assert.That(BpfFeatures.HasHelper(BpfProgramType.SocketFilter, 100_000), Is.False);
        Assert.That(BpfFeatures.PossibleCpus, Is.GreaterThanOrEqualTo(CpuList.Online().Length));
    }
}
