using Monitor.Bpf.Kernel;
using Monitor.Kubernetes.Pods;
using Monitor.Kubernetes.Tests.Support;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Tests.Pods;

/// <summary>Real cgroups, in a folder of the test's own, with real processes; no API server.</summary>
internal sealed class NodeAttributionTests
{
    private static readonly Guid Web = Guid.Parse("3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10");
    private static readonly Guid Db = Guid.Parse("b2a7c9d4-0f31-4a77-8f0e-6c1de0c9a455");

    private CancellationTokenSource _stop = null!;
    private CollectedLog<NodeAttribution> _log = null!;
    private ManualTime _time = null!;
    private TestCgroups _cgroups = null!;
    private NodeAttribution _attribution = null!;
    private Task _running = Task.CompletedTask;

    private IWatchSink<Pod> Watch => _attribution;

    [SetUp]
    public void SetUp()
    {
        _cgroups = TestCgroups.V2();
        _stop = new CancellationTokenSource();
        _log = new CollectedLog<NodeAttribution>();
        _time = new ManualTime();
    }

    [TearDown]
    public async Task TearDown()
    {
        await _stop.CancelAsync();
        await _running;
        _attribution?.Dispose();
        _cgroups?.Dispose();
        _stop.Dispose();
    }

    // ID stands for a container id, UID and U_D for the pod's.
    [TestCase("/kubepods/burstable/podUID/ID")]
    [TestCase("/kubepods/podUID/ID")]
    [TestCase("/kubepods/besteffort/podUID/crio-ID")]
    [TestCase("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_D.slice/cri-containerd-ID.scope")]
    [TestCase("/kubepods.slice/kubepods-podU_D.slice/crio-ID.scope")]
    [TestCase("/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podU_D.slice/docker-ID.scope")]
    [TestCase("/system.slice/containerd.service/kubepods-podU_D.slice:cri-containerd:ID")]
    [TestCase("/docker/1111111111111111111111111111111111111111111111111111111111111111/kubelet/kubepods/podUID/ID")]
    [TestCase("/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-podU_D.slice/cri-containerd-ID.scope")]
    public void Container_ThatRunsAtTheStart_IsFoundByTheScan(string layout)
    {
        var path = Path(layout, Web, TestPods.Id(1));
        _cgroups.Add(path);
        var process = _cgroups.Run(path);
        Start();

        Watch.Replace([TestPods.Pod("web-0", Web, ("app", TestPods.Id(1)), ("side", TestPods.Id(2)))]);

        var found = _attribution.Resolve(CgroupOf(process.Id), (uint)process.Id);
        Assert.Multiple(() =>
        {
            Assert.That(found.Attribution, Is.EqualTo(AttributionKind.Cgroup));
            Assert.That(found.PodName, Is.EqualTo("web-0"));
            Assert.That(found.Namespace, Is.EqualTo("shop"));
            Assert.That(found.ContainerName, Is.EqualTo("app"));
        });
    }

    [Test]
    public void Pod_WithItsOwnUid_IsNotTakenOverByAMirrorThatIsSaidToBeOfIt()
    {
        var path = Path("/kubepods/burstable/podUID/ID", Web, TestPods.Id(1));
        _cgroups.Add(path);
        Start();
        var forged = new Pod { Uid = Db, CgroupUid = Web, Namespace = "evil", Name = "anything" };
        Watch.Upsert(forged);
        Watch.Upsert(TestPods.Pod("web-0", Web, ("app", TestPods.Id(1))));

        Watch.Upsert(forged);
        var forgedToo = Resolve(path);
        Watch.Remove(forged);
        Watch.Replace([forged, TestPods.Pod("web-0", Web, ("app", TestPods.Id(1)))]);

        Assert.That(forgedToo, Is.EqualTo((AttributionKind.Cgroup, "web-0", "app")));
        Assert.That(Resolve(path), Is.EqualTo(forgedToo));
    }

    /// <summary>The kubelet makes the mirror of a static pod, and says a moment later that it is its own.</summary>
    [Test]
    public void Mirror_OfAStaticPod_IsFoundOnceItsNodeSaysSo()
    {
        var path = Path("/kubepods/burstable/podUID/ID", Web, TestPods.Id(1));
        _cgroups.Add(path);
        Start();
        Watch.Upsert(new Pod { Uid = Db, CgroupUid = Db, Namespace = "kube-system", Name = "etcd" });
        var before = Resolve(path);

        Watch.Upsert(new Pod { Uid = Db, CgroupUid = Web, Namespace = "kube-system", Name = "etcd" });

        Assert.That(before.Item1, Is.EqualTo(AttributionKind.UnknownPod));
        Assert.That(Resolve(path), Is.EqualTo((AttributionKind.Cgroup, "etcd", (string?)null)));
    }

    /// <summary>The folder is made, and right after it a process is put in, as by a runtime: the name is there in time.</summary>
    [TestCase("/kubepods/burstable/podUID/ID")]
    [TestCase("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_D.slice/cri-containerd-ID.scope")]
    public async Task Container_ThatIsNew_IsFoundWithoutBeingAskedFor(string layout)
    {
        Start();
        Watch.Replace([TestPods.Pod("web-0", Web, ("app", TestPods.Id(1)))]);
        var path = Path(layout, Web, TestPods.Id(1));

        _cgroups.Add(path);

        await Waiting.UntilAsync("the container", () => _attribution.Statistics.PodCgroups == 2);
        Assert.That(Resolve(path), Is.EqualTo((AttributionKind.Cgroup, "web-0", "app")));
        Assert.That(_attribution.Statistics.Misses, Is.Zero);
    }

    [Test]
    public async Task Containers_ByTheHundred_AreAllFoundAndForgottenAgain()
    {
        Start();
        for (var round = 0; round < 10; round++)
        {
            var pods = Enumerable.Range(0, 20).Select(_ => Guid.NewGuid()).ToArray();
            foreach (var uid in pods)
            {
                Watch.Upsert(TestPods.Pod($"p-{uid}", uid, ("c", TestPods.Id(1))));
                _cgroups.Add($"/kubepods/pod{uid}/{TestPods.Id(1)}");
            }

            foreach (var uid in pods)
            {
                var path = $"/kubepods/pod{uid}/{TestPods.Id(1)}";
                await Waiting.UntilAsync("a container", () => Resolve(path) == (AttributionKind.Cgroup, $"p-{uid}", "c"));
            }

            foreach (var uid in pods)
            {
                _cgroups.Remove($"/kubepods/pod{uid}");
                Watch.Remove(TestPods.Pod($"p-{uid}", uid));
            }
        }

        _cgroups.Remove("/kubepods");
        await Waiting.UntilAsync("an end", () =>
        {
            _time.Advance(TimeSpan.FromMinutes(3));
            _attribution.Sweep();
            return _attribution.Statistics.Cgroups == 1;
        });
        Assert.That(_attribution.Statistics.PodCgroups, Is.Zero);
    }

    [Test]
    public async Task Container_ThatEnded_StaysKnownForAWhile()
    {
        Start();
        var path = $"/kubepods/pod{Web}/{TestPods.Id(1)}";
        Watch.Replace([TestPods.Pod("web-0", Web, ("app", TestPods.Id(1)))]);
        _cgroups.Add(path);
        var id = Inode.Of(_cgroups.Root + path)!.Value;
        await Waiting.UntilAsync("the container", () => _attribution.Resolve(id, 0).PodName == "web-0");

        _cgroups.Remove("/kubepods");
        Watch.Replace([]);
        _time.Advance(TimeSpan.FromSeconds(90));
        _attribution.Sweep();

        Assert.That(_attribution.Resolve(id, 0).PodName, Is.EqualTo("web-0"));

        await Waiting.UntilAsync("an end", () =>
        {
            _time.Advance(TimeSpan.FromMinutes(3));
            _attribution.Sweep();
            return _attribution.Resolve(id, 0).Attribution == AttributionKind.UnknownCgroup;
        });
    }

    [Test]
    public async Task Container_WhosePodIsNotKnown_SaysSoUntilItIs()
    {
        Start();
        var path = $"/kubepods/pod{Web}/{TestPods.Id(1)}";
        _cgroups.Add(path);
        await Waiting.UntilAsync("the cgroup", () => Resolve(path).Kind == AttributionKind.UnknownPod);

        Watch.Upsert(TestPods.Pod("web-0", Web, ("app", null)));

        Assert.That(Resolve(path), Is.EqualTo((AttributionKind.Cgroup, "web-0", "app")));
    }

    [Test]
    public async Task Container_OfAPodWithSeveral_IsNamedAsSoonAsTheStatusTells()
    {
        Start();
        var path = $"/kubepods/pod{Web}/{TestPods.Id(1)}";
        Watch.Upsert(TestPods.Pod("web-0", Web, ("app", null), ("side", null)));
        _cgroups.Add(path);
        await Waiting.UntilAsync("the pod", () => Resolve(path) == (AttributionKind.Cgroup, "web-0", null));

        Watch.Upsert(TestPods.Pod("web-0", Web, ("app", TestPods.Id(1)), ("side", null)));

        Assert.That(Resolve(path), Is.EqualTo((AttributionKind.Cgroup, "web-0", "app")));
    }

    [Test]
    public void Process_OutsideOfPods_HasNone()
    {
        _cgroups.Add("/system.slice/sshd.service");
        _cgroups.Add($"/kubepods/pod{Web}/{TestPods.Id(1)}");
        Start();
        Watch.Replace([TestPods.Pod("web-0", Web, ("app", TestPods.Id(1)))]);

        Assert.Multiple(() =>
        {
            Assert.That(Resolve("/system.slice/sshd.service").Kind, Is.EqualTo(AttributionKind.Outside));
            Assert.That(Resolve("").Kind, Is.EqualTo(AttributionKind.Outside));
        });
    }

    [Test]
    public async Task Cgroup_ThatIsNowhere_IsUnknownAndLookedForOnce()
    {
        Start();
        for (var i = 0; i < 1000; i++)
        {
            Assert.That(_attribution.Resolve(ulong.MaxValue - 5, 0).Attribution, Is.EqualTo(AttributionKind.UnknownCgroup));
        }

        await Waiting.UntilAsync("a scan", () => _attribution.Statistics.Scans > 1);
        Assert.That(_attribution.Resolve(ulong.MaxValue - 5, 0).Attribution, Is.EqualTo(AttributionKind.UnknownCgroup));
        Assert.That(_attribution.Statistics.Scans, Is.LessThan(10));
    }

    /// <summary>A container that may make cgroups below its own makes some that look like another pod's.</summary>
    [Test]
    public void Container_ThatPosesAsAnotherPod_StaysItself()
    {
        var own = $"/kubepods/pod{Web}/{TestPods.Id(1)}";
        var forged = $"{own}/kubepods/pod{Db}/{TestPods.Id(2)}";
        _cgroups.Add(forged);
        _cgroups.Add($"/kubepods/pod{Db}/{TestPods.Id(2)}");
        Start();

        // The victim is known first.
        Watch.Replace([TestPods.Pod("db-0", Db, ("db", TestPods.Id(2)))]);
        Assert.That(Resolve(forged).Kind, Is.EqualTo(AttributionKind.UnknownPod));

        Watch.Upsert(TestPods.Pod("web-0", Web, ("app", TestPods.Id(1))));
        Assert.That(Resolve(forged), Is.EqualTo((AttributionKind.Cgroup, "web-0", "app")));
    }

    /// <summary>A user whose session has cgroups of its own makes some that look like a pod's.</summary>
    [Test]
    public void User_WhoPosesAsAPod_IsOutside()
    {
        var forged = $"/user.slice/user-1000.slice/kubepods.slice/kubepods-pod{Underscored(Db)}.slice/cri-containerd-{TestPods.Id(2)}.scope";
        _cgroups.Add(forged);
        _cgroups.Add($"/kubepods.slice/kubepods-pod{Underscored(Db)}.slice/cri-containerd-{TestPods.Id(2)}.scope");
        Start();
        Watch.Replace([TestPods.Pod("db-0", Db, ("db", TestPods.Id(2)))]);

        Assert.That(Resolve(forged).Kind, Is.EqualTo(AttributionKind.Outside));
    }

    /// <summary>The agent of a cluster in a pod of another cluster sees both in the paths, and knows the pods of its own.</summary>
    [Test]
    public void Pod_OfAClusterWithinAPod_IsFound()
    {
        var path = $"/kubepods/pod{Db}/{TestPods.Id(2)}/docker/{TestPods.Id(3)}/kubelet/kubepods/pod{Web}/{TestPods.Id(1)}";
        _cgroups.Add(path);
        Start();
        Watch.Replace([TestPods.Pod("web-0", Web, ("app", TestPods.Id(1)))]);

        Assert.That(Resolve(path), Is.EqualTo((AttributionKind.Cgroup, "web-0", "app")));
    }

    /// <summary>A name that is not UTF-8 cannot be opened by what it reads as: it is nobody's, and disturbs nothing.</summary>
    [Test]
    public async Task Cgroup_WhoseNameIsNotText_IsLeftOut()
    {
        Start();
        Shell("mkdir \"$1/$(printf 'pod\\377')\" \"$1/$(printf 'pod\\377')/x\"");
        try
        {
            var path = $"/kubepods/pod{Web}/{TestPods.Id(1)}";
            _cgroups.Add(path);
            Watch.Replace([TestPods.Pod("web-0", Web, ("app", TestPods.Id(1)))]);

            await Waiting.UntilAsync("the pod", () => Resolve(path) == (AttributionKind.Cgroup, "web-0", "app"));
            Assert.That(_running.IsCompleted, Is.False);
        }
        finally
        {
            Shell("rmdir \"$1/$(printf 'pod\\377')/x\" \"$1/$(printf 'pod\\377')\"");
        }
    }

    [Test]
    public async Task Tree_LargerThanTheLimit_IsKeptInPartAndCounted()
    {
        Start(most: 10);
        for (var i = 0; i < 30; i++)
        {
            _cgroups.Add($"/a{i}");
        }

        await Waiting.UntilAsync("the limit", () => _attribution.Statistics.Evicted > 0);
        // The rest is for pods.
        Assert.That(_attribution.Statistics.Cgroups, Is.EqualTo(4));
        Assert.That(_attribution.Statistics.NoRoom, Does.Contain("outside of pods"));
    }

    /// <summary>A container may make as many cgroups below its own as it likes.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Pod_WithMoreCgroupsThanItsShare_TakesNoneFromOthers(bool beforeTheStart)
    {
        StartWithMine(beforeTheStart);
        if (!beforeTheStart)
        {
            Flood($"/kubepods/pod{Web}/{TestPods.Id(1)}");
            await Waiting.UntilAsync("the limit", () => _attribution.Statistics.NoRoom is not null);
        }

        var path = $"/kubepods/pod{Db}/{TestPods.Id(2)}";
        _cgroups.Add(path);
        Watch.Upsert(TestPods.Pod("db-0", Db, ("db", TestPods.Id(2))));

        await Waiting.UntilAsync("the other pod", () => Resolve(path) == (AttributionKind.Cgroup, "db-0", "db"));
        await Waiting.UntilAsync("the reason", () => _attribution.Statistics.NoRoom is "a pod has more than 20 cgroups: shop/web-0");
        Assert.That(_attribution.Statistics.PodCgroups, Is.EqualTo(20 + 2));
        // The root and /kubepods beside those of pods.
        Assert.That(_attribution.Statistics.Watches, Is.EqualTo(20 + 2 + 2));
        Assert.That(_log.Messages.Count(message => message.Contains("not kept", StringComparison.Ordinal)), Is.EqualTo(1));

        _cgroups.Remove($"/kubepods/pod{Web}/{TestPods.Id(1)}");
        await Waiting.UntilAsync("room", () =>
        {
            _attribution.Resolve(ulong.MaxValue - (ulong)Random.Shared.Next(), 0);
            return _attribution.Statistics.NoRoom is null;
        });
    }

    /// <summary>A user with cgroups of its own makes many, which look like pods.</summary>
    [Test]
    public async Task User_WithManyCgroups_TakesNoneFromPods()
    {
        for (var i = 0; i < 100; i++)
        {
            _cgroups.Add($"/user.slice/kubepods/pod{Guid.NewGuid()}");
        }

        _cgroups.Add($"/kubepods/pod{Web}/{TestPods.Id(1)}");
        Start(most: 100);
        Watch.Upsert(TestPods.Pod("web-0", Web, ("app", TestPods.Id(1))));
        for (var i = 0; i < 15; i++)
        {
            var uid = Guid.NewGuid();
            var path = $"/kubepods/pod{uid}/{TestPods.Id(2)}";
            _cgroups.Add(path);
            Watch.Upsert(TestPods.Pod($"p-{i}", uid, ("c", TestPods.Id(2))));
            await Waiting.UntilAsync("a pod", () => Resolve(path) == (AttributionKind.Cgroup, $"p-{i}", "c"));
        }

        Assert.That(_attribution.Statistics.NoRoom, Does.Contain("outside of pods"));
    }

    /// <summary>What has no room, or no name that can be opened, or too long a path, is told by the process.</summary>
    [TestCase("many")]
    [TestCase("not text")]
    [TestCase("long")]
    public async Task Process_InACgroupThatIsNotKept_IsItsPods(string kind)
    {
        var own = $"/kubepods/pod{Web}/{TestPods.Id(1)}";
        StartWithMine(many: kind == "many");
        // By steps, since no path may be longer than 4096.
        var enter = kind switch
        {
            "many" => "mkdir -p y && cd y",
            "not text" => "d=$(printf '\\377') && mkdir \"$d\" && cd \"$d\"",
            _ => "n=$(printf '%0250d' 0) && for i in $(seq 17); do mkdir $n && cd $n || exit 1; done",
        };
        if (kind == "many")
        {
            await Waiting.UntilAsync("the limit", () => _attribution.Statistics.NoRoom is not null);
        }

        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(
                "bash", ["-c", $"cd \"$1\" && {enter} && echo $$ >cgroup.procs && stat -c %i . && exec sleep 600", "sh", _cgroups.Root + own])
            {
                RedirectStandardOutput = true,
            })!;
        try
        {
            var id = ulong.Parse(process.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
            await Waiting.UntilAsync("the process", () => _attribution.Resolve(id, (uint)process.Id).PodName == "web-0");

            Assert.That(_attribution.Resolve(id, (uint)process.Id).Attribution, Is.EqualTo(AttributionKind.Process));
            Assert.That(_attribution.ResolveSocket(id, (uint)process.Id).PodName, Is.EqualTo("web-0"));
        }
        finally
        {
            TestCgroups.End(process);
            Shell($"cd \"$1{own}\" && find . -depth -mindepth 1 -type d -exec sleep 0.01 \\; -execdir rmdir {{}} \\;");
        }
    }

    /// <summary>Of a process in a cgroup that is not known, only the path that leads through this cluster's pods counts.</summary>
    [Test]
    public async Task Process_InACgroupThatIsNotKept_AndPosesAsAPod_IsNobodys()
    {
        StartWithMine(many: false);
        for (var i = 0; i < 500; i++)
        {
            _cgroups.Add($"/user.slice/a{i}");
        }

        await Waiting.UntilAsync("the limit", () => _attribution.Statistics.NoRoom is not null);
        var forged = $"/user.slice/kubepods/pod{Web}/{TestPods.Id(1)}";
        _cgroups.Add(forged);
        var process = _cgroups.Run(forged);
        var id = CgroupOf(process.Id);
        _attribution.Resolve(id, (uint)process.Id);
        await Waiting.UntilAsync("the process", () =>
        {
            _attribution.Resolve(id, (uint)process.Id);
            return _attribution.Statistics.Processes > 0;
        });

        Assert.That(_attribution.Resolve(id, (uint)process.Id).Attribution, Is.EqualTo(AttributionKind.UnknownCgroup));
    }

    // A pod of this cluster, known before the rest, with many cgroups of its own.
    private void StartWithMine(bool many)
    {
        var own = $"/kubepods/pod{Web}/{TestPods.Id(1)}";
        _cgroups.Add(own);
        if (many)
        {
            Flood(own);
        }

        Start(most: 100, mostOfPod: 20);
        Watch.Upsert(TestPods.Pod("web-0", Web, ("app", TestPods.Id(1))));
    }

    private void Flood(string path)
    {
        for (var i = 0; i < 150; i++)
        {
            _cgroups.Add($"{path}/x{i}");
        }
    }

    /// <summary>Where pods are in v1 only, the v2 id names the root, and the process is asked.</summary>
    [Test]
    public async Task Pod_InCgroupV1Only_IsFoundByTheProcess()
    {
        using var v1 = TestCgroups.V1();
        var path = $"/kubepods/besteffort/pod{Web}/{TestPods.Id(1)}";
        v1.Add(path);
        var before = v1.Run(path);
        Start();
        Watch.Replace([TestPods.Pod("web-0", Web, ("app", TestPods.Id(1)))]);
        var root = Inode.Of(_cgroups.Root)!.Value;
        var after = v1.Run(path);

        var found = _attribution.Resolve(root, (uint)before.Id);
        Assert.That((found.Attribution, found.PodName, found.ContainerName), Is.EqualTo((AttributionKind.Process, "web-0", "app")));
        await Waiting.UntilAsync(
            "the new process", () => _attribution.Resolve(root, (uint)after.Id).Attribution == AttributionKind.Process);
        await Waiting.UntilAsync(
            "this process", () => _attribution.Resolve(root, (uint)Environment.ProcessId).Attribution == AttributionKind.Outside);
        Assert.That(_log.Messages, Has.One.Contains("attributed by process"));

        TestCgroups.End(after);
        await Waiting.UntilAsync(
            "its end", () => _attribution.Resolve(root, (uint)after.Id).Attribution == AttributionKind.UnknownCgroup);
    }

    /// <summary>On a machine with both hierarchies, folders of v2 that look like pods end nothing.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task Pod_InCgroupV1Only_IsFoundAlthoughSomebodyPosesAsAPodInV2(bool isKnown)
    {
        using var v1 = TestCgroups.V1();
        var path = $"/kubepods/besteffort/pod{Web}/{TestPods.Id(1)}";
        v1.Add(path);
        var process = v1.Run(path);
        _cgroups.Add($"/x/kubepods-pod{Underscored(isKnown ? Db : Guid.NewGuid())}.slice");
        Start();
        Watch.Replace([TestPods.Pod("web-0", Web, ("app", TestPods.Id(1))), TestPods.Pod("db-0", Db, ("db", TestPods.Id(2)))]);
        var root = Inode.Of(_cgroups.Root)!.Value;

        await Waiting.UntilAsync("the pod", () => _attribution.Resolve(root, (uint)process.Id).PodName == "web-0");
        Assert.That(_attribution.Resolve(root, (uint)process.Id).Attribution, Is.EqualTo(AttributionKind.Process));
    }

    private void Shell(string script)
    {
        using var shell = System.Diagnostics.Process.Start("sh", ["-c", script, "sh", _cgroups.Root]);
        shell.WaitForExit();
        Assert.That(shell.ExitCode, Is.Zero);
    }

    private static string Path(string layout, Guid uid, string id) => layout
        .Replace("UID", uid.ToString(), StringComparison.Ordinal)
        .Replace("U_D", Underscored(uid), StringComparison.Ordinal)
        .Replace("ID", id, StringComparison.Ordinal);

    private static string Underscored(Guid uid) => uid.ToString().Replace('-', '_');

    // As the kernel has it: the v2 cgroup of the process, and the number of its folder.
    private static ulong CgroupOf(int pid)
    {
        var path = File.ReadLines($"/proc/{pid}/cgroup").Single(line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
        return Inode.Of(Mount + path)!.Value;
    }

    private static string Mount => Monitor.Bpf.Attaching.CgroupMount.Find()!.Path;

    private void Start(int most = 1000, int mostOfPod = 256)
    {
        var options = new AttributionOptions
        {
            CgroupMount = _cgroups.Root,
            CgroupMountRoot = _cgroups.Root[Mount.Length..],
            MaxCgroups = most,
            MaxCgroupsOfPod = mostOfPod,
        };
        _attribution = new NodeAttribution(options, Inode.Of, _time, _log);
        _attribution.Start();
        _running = Task.Run(() => _attribution.RunAsync(_stop.Token));
    }

    private (AttributionKind Kind, string? Pod, string? Container) Resolve(string path)
    {
        var found = _attribution.Resolve(Inode.Of(_cgroups.Root + path)!.Value, 0);
        return (found.Attribution, found.PodName, found.ContainerName);
    }
}
