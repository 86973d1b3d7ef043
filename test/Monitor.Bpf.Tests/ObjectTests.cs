using Monitor.Bpf.Attaching;

namespace Monitor.Bpf.Tests;

/// <summary>Opening, configuring and loading, with what goes wrong.</summary>
internal sealed class ObjectTests
{
    [Test]
    public void Open_SoundObject_ListsProgramsAndMaps()
    {
        using var connects = TestObjects.Open("connects");
        var program = connects.Program("on_connect4");
        Assert.That(connects.Name, Is.EqualTo("connects"));
        Assert.That(program.Section, Is.EqualTo("cgroup/connect4"));
        Assert.That(program.Type, Is.EqualTo(BpfProgramType.CgroupSockAddr));
        Assert.That(program.ExpectedAttachType, Is.EqualTo(BpfAttachType.CgroupInet4Connect));
        Assert.That(program.AutoLoad, Is.True);
        Assert.That(connects.Maps.Select(m => m.Name), Is.EquivalentTo(["events", "counters"]));
        Assert.That(connects.Map("events").Type, Is.EqualTo(BpfMapType.PerfEventArray));
    }

    [Test]
    public void Program_UnknownName_ListsThoseThatExist()
    {
        using var connects = TestObjects.Open("connects");
        var e = Assert.Throws<KeyNotFoundException>(() => connects.Program("on_conect4"));
        Assert.That(e!.Message, Does.Contain("on_conect4").And.Contain("on_connect4"));
    }

    [Test]
    public void SetGlobal_WrongSizeOrName_SaysWhatWouldBeRight()
    {
        using var connects = TestObjects.Open("connects");
        var size = Assert.Throws<ArgumentException>(() => connects.SetGlobal("target_tgid", 1ul));
        Assert.That(size!.Message, Does.Contain("4 bytes").And.Contain("8"));
        var name = Assert.Throws<KeyNotFoundException>(() => connects.SetGlobal("target_pid", 1u));
        Assert.That(name!.Message, Does.Contain("target_pid").And.Contain("target_tgid"));
    }

    [Test]
    [RequiresKernel]
    public void SetGlobal_AfterLoad_IsRefused()
    {
        using var connects = TestObjects.Open("connects");
        connects.Load();
        Assert.Throws<InvalidOperationException>(() => connects.SetGlobal("target_tgid", 1u));
    }

    [Test]
    [RequiresKernel]
    public void Load_RejectedByTheVerifier_SummarisesItsWords()
    {
        using var rejected = TestObjects.Open("rejected");
        var e = Assert.Throws<BpfException>(rejected.Load);
        TestContext.Out.WriteLine(e!.Message);
        Assert.That(e.ErrnoName, Is.EqualTo("EACCES"));
        Assert.That(e.ObjectName, Is.EqualTo("unchecked_value"));
        Assert.That(e.Message, Does.Contain("unchecked_value").And.Contain("map_value_or_null"));
        Assert.That(e.Message, Has.Length.LessThan(400).And.Not.Contain("processed"));
        Assert.That(e.VerifierLog, Does.Contain("processed").And.Contain("call bpf_map_lookup_elem"));
    }

    [Test]
    [RequiresKernel]
    public void Load_WithoutCapabilities_SaysWhichAreMissingAndPrintsNothingElse()
    {
        const string Wrapper = "/usr/bin/setpriv";
        if (!File.Exists(Wrapper))
        {
            Assert.Ignore("setpriv (util-linux) is not installed here.");
        }

        using var child = ChildProcess.Start(ChildProcess.LoadOnly, Wrapper, "--inh-caps=-all", "--bounding-set=-all");
        var output = child.StandardOutput.ReadToEnd();
        var errors = child.StandardError.ReadToEnd();
        child.WaitForExit();
        Assert.That(child.ExitCode, Is.EqualTo(1), errors);
        Assert.That(output, Does.Contain("EPERM").And.Contain("lacks CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN"));
        Assert.That(errors, Is.Empty);
    }

    [Test]
    public void Open_Messages_ReachTheListener()
    {
        var heard = new List<BpfMessage>();
        BpfLog.Listener = heard.Add;
        try
        {
            TestObjects.Open("connects").Dispose();
        }
        finally
        {
            BpfLog.Listener = null;
        }

        Assert.That(heard, Has.Some.Matches<BpfMessage>(m => m.Level == BpfMessageLevel.Debug && m.Text.Contains("on_connect4", StringComparison.Ordinal)));
    }

    [Test]
    public void Dispose_Twice_IsHarmless()
    {
        var connects = TestObjects.Open("connects");
        connects.Dispose();
        connects.Dispose();
        Assert.Throws<ObjectDisposedException>(connects.Load);
        Assert.Throws<ObjectDisposedException>(() => connects.SetGlobal("target_tgid", 1u));
        Assert.Throws<ObjectDisposedException>(() => _ = connects.Programs[0].AutoLoad);
    }

    [Test]
    [RequiresKernel]
    public void Iterator_OverTasks_FindsThisProcess()
    {
        using var tasks = TestObjects.Open("tasks");
        LoadIterators(tasks);
        using var link = tasks.Program("each_task").Attach();
        for (var pass = 0; pass < 2; pass++)
        {
            var ids = ReadAll(link).Chunk(4).Select(b => BitConverter.ToInt32(b)).ToList();
            Assert.That(ids, Does.Contain(Environment.ProcessId), string.Join(" ", ids.Take(40).Append(ids.Count)));
        }
    }

    // Some kernels refuse programs of this type whoever asks. Nothing was verified then, so the program is not at fault.
    private static void LoadIterators(BpfObject iterators)
    {
        try
        {
            iterators.Load();
        }
        catch (BpfException refused) when (refused.ErrnoName == "EPERM" && refused.VerifierLog?.Contains("processed 0 insns", StringComparison.Ordinal) != false)
        {
            Assert.Ignore("This kernel refuses iterator programs (EPERM).");
        }
    }

    [Test]
    [RequiresKernel]
    public void Iterator_OverAMap_GivesItsValues()
    {
        using var tasks = TestObjects.Open("tasks");
        LoadIterators(tasks);
        for (var i = 0u; i < 10; i++)
        {
            tasks.Map("values").Update(i, (ulong)i * 100);
        }

        using var link = tasks.Program("each_value").AttachIterator(tasks.Map("values"));
        var values = ReadAll(link).Chunk(8).Select(b => BitConverter.ToUInt64(b));
        Assert.That(values, Is.EquivalentTo(Enumerable.Range(0, 10).Select(i => (ulong)i * 100)));
    }

    [Test]
    [RequiresKernel]
    public void CreateIterator_OfAnotherProgram_IsRefused()
    {
        using var connects = TestObjects.Open("connects");
        connects.Load();
        using var link = connects.Program("on_connect4").AttachCgroup(CgroupMount.Find()!);
        Assert.That(Assert.Throws<BpfException>(() => link.CreateIterator())!.ErrnoName, Is.EqualTo("EINVAL"));
    }

    private static List<byte> ReadAll(BpfLink link)
    {
        using var iterator = link.CreateIterator();
        var bytes = new List<byte>();
        Span<byte> buffer = new byte[256];
        for (int count; (count = iterator.Read(buffer)) > 0;)
        {
            bytes.AddRange(buffer[..count]);
        }

        return bytes;
    }
}
