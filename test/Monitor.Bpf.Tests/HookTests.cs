using Monitor.Bpf.Attaching;
using Monitor.Bpf.Btf;
using Monitor.Bpf.Interop;
using Monitor.Bpf.Kernel;

namespace Monitor.Bpf.Tests;

/// <summary>Every kind of hook that needs no cgroup, triggered by renaming a thread of this process.</summary>
[RequiresKernel]
internal sealed class HookTests
{
    private BpfObject _hooks = null!;

    [SetUp]
    public void OpenObject()
    {
        _hooks = TestObjects.Open("hooks");
        _hooks.SetGlobal("target_tgid", (uint)Environment.ProcessId);
        foreach (var program in _hooks.Programs)
        {
            program.AutoLoad = false;
        }
    }

    [TearDown]
    public void CloseObject() => _hooks.Dispose();

    [TestCase("on_raw_tp", 0u, "raw tracepoint")]
    [TestCase("on_tp_btf", 1u, "BTF tracepoint")]
    [TestCase("on_tracepoint", 2u, "tracepoint")]
    public void Attach_Tracepoint_RunsUntilDisposed(string name, uint hook, string typeName)
    {
        var program = Load(name);
        using (program.Attach())
        {
            Rename();
        }

        var whileAttached = Runs(hook);
        Rename();
        Assert.That(whileAttached, Is.GreaterThan(0));
        Assert.That(Runs(hook), Is.EqualTo(whileAttached));
        Assert.That(program.TypeName, Is.EqualTo(typeName));
    }

    [Test]
    public void Attach_NotLoaded_SaysSo()
    {
        _hooks.Load();
        var e = Assert.Throws<InvalidOperationException>(() => _hooks.Program("on_raw_tp").Attach());
        Assert.That(e!.Message, Does.Contain("on_raw_tp").And.Contain("not loaded"));
    }

    [Test]
    public void AttachCgroup_UnixConnect_NeedsTypeAndAttachTypeSet()
    {
        // The hook came with 6.7; the kernel's own types say whether it is there.
        var known = KernelBtf.TryOpen()?.FindEnum("bpf_attach_type") ?? [];
        var expected = known.FirstOrDefault(v => v.Name == "BPF_CGROUP_UNIX_CONNECT");
        if (expected.Name is null)
        {
            Assert.Ignore("This kernel has no BPF_CGROUP_UNIX_CONNECT.");
        }

        Assert.That(expected.Value, Is.EqualTo((long)BpfAttachType.CgroupUnixConnect));
        var program = _hooks.Program("on_connect_unix");
        program.Type = BpfProgramType.CgroupSockAddr;
        program.ExpectedAttachType = BpfAttachType.CgroupUnixConnect;
        Load("on_connect_unix");
        using var link = program.AttachCgroup(CgroupMount.Find()!);
        Assert.That(Attached(CgroupMount.Find()!.Path), Does.Contain(program.GetStatistics().Id));
    }

    [Test]
    public void Attach_Fentry_WorksOrSaysWhoRefuses()
    {
        _hooks.Program("on_fentry").AutoLoad = true;
        try
        {
            _hooks.Load();
            using var link = _hooks.Program("on_fentry").Attach();
            Assert.That(link.ProgramName, Is.EqualTo("on_fentry"));
        }
        catch (BpfException e)
        {
            // Kernels without trampolines for their functions refuse.
            Assert.That(e.ErrnoName, Is.AnyOf("EPERM", "EINVAL", "ENOTSUPP", "ESRCH", "EBUSY"));
            Assert.That(e.Message, Does.Contain("on_fentry"));
        }
    }

    [Test]
    public void GetStatistics_LoadedProgram_HasIdAndMemory()
    {
        var program = Load("on_raw_tp");
        ulong runs;
        using (program.Attach())
        {
            Rename();
            runs = program.GetStatistics().RunCount;
        }

        var statistics = program.GetStatistics();
        Assert.That(LoadedPrograms.Ids(), Does.Contain(statistics.Id));
        Assert.That(statistics.MemoryBytes, Is.GreaterThanOrEqualTo(4096));
        Assert.That(runs, BpfStatisticsSwitch.IsEnabled ? Is.GreaterThan(0) : Is.Zero);
    }

    private BpfProgram Load(string name)
    {
        _hooks.Program(name).AutoLoad = true;
        _hooks.Load();
        return _hooks.Program(name);
    }

    private static unsafe List<uint> Attached(string path)
    {
        using var cgroup = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        uint flags;
        var count = 64u;
        var ids = stackalloc uint[64];
        Assert.That(Libbpf.bpf_prog_query(cgroup, BpfAttachType.CgroupUnixConnect, 0, &flags, ids, &count), Is.Zero);
        return [.. new ReadOnlySpan<uint>(ids, (int)count)];
    }

    private ulong Runs(uint hook)
    {
        Assert.That(_hooks.Map("runs").TryLookup(hook, out ulong runs), Is.True);
        return runs;
    }

    private static void Rename() => File.WriteAllText("/proc/thread-self/comm", "renamed");
}
