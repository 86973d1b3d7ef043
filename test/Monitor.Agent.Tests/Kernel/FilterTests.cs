using Monitor.Agent.Loading;
using Monitor.V1;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>What the programs leave out in the kernel, and that they count it.</summary>
[RequiresKernel]
internal sealed class FilterTests
{
    private const string ThreeAttempts = """
        s = socket.socket(type=socket.SOCK_DGRAM)
        for port in (7001, 7002, 7003): s.connect(('127.0.0.1', port))
        s.close()
        """;

    private NetworkNamespace _namespace = null!;

    [SetUp]
    public void SetUp() => _namespace = new NetworkNamespace();

    [TearDown]
    public void TearDown() => _namespace.Dispose();

    [Test]
    public void NetworkNamespace_OfSomebodyElse_IsFiltered()
    {
        using var other = new NetworkNamespace();
        using var kernel = new WatchedKernel(new KernelFilter { NetworkNamespace = _namespace.Inode }, false, "connection");

        var outside = other.Python(ThreeAttempts);
        var inside = _namespace.Python(ThreeAttempts);
        kernel.Find(e => e.Pid == inside.Pid && e.DestinationPort == 7003);
        kernel.Stop();

        Assert.That(kernel.Events.Where(e => e.Pid == outside.Pid), Is.Empty);
        Assert.That(kernel.Pipelines[0].Monitor.Counters.Read().Filtered, Is.GreaterThanOrEqualTo(3));
        Assert.That(WatchedKernel.Imbalance(kernel.Pipelines[0]), Is.Zero);
    }

    [Test]
    public void ExcludedPorts_AreFiltered()
    {
        using var kernel = new WatchedKernel(
            new KernelFilter { NetworkNamespace = _namespace.Inode, ExcludedPorts = [7001, 7002] }, false, "connection");

        var client = _namespace.Python(ThreeAttempts);
        kernel.Find(e => e.Pid == client.Pid);
        kernel.Stop();

        Assert.That(kernel.Events.Select(e => e.DestinationPort), Is.EqualTo([7003u]));
    }

    [Test]
    public void ExcludedPids_AreFiltered()
    {
        // The parent waits for its line before it connects, and is left out by then.
        var parent = (uint)Environment.ProcessId;
        using var kernel = new WatchedKernel(
            new KernelFilter { ExcludedPids = [parent], ExcludeSelf = false }, false, "connection");

        using var self = new System.Net.Sockets.UdpClient();
        self.Connect("127.0.0.1", 7004);
        var client = _namespace.Python(ThreeAttempts);
        kernel.Find(e => e.Pid == client.Pid);
        kernel.Stop();

        Assert.That(kernel.Events.Where(e => e.Pid == parent), Is.Empty);
    }

    [Test]
    public void Self_IsLeftOutUnlessAskedFor([Values] bool included)
    {
        using var kernel = new WatchedKernel(new KernelFilter { ExcludeSelf = !included }, false, "connection");

        using var self = new System.Net.Sockets.UdpClient();
        self.Connect("127.0.0.1", 7005);
        var client = _namespace.Python(ThreeAttempts);
        kernel.Find(e => e.Pid == client.Pid);
        self.Close();
        if (included)
        {
            kernel.Find(e => e.Pid == (uint)Environment.ProcessId && e.DestinationPort == 7005);
        }

        kernel.Stop();
        Assert.That(kernel.Events.Any(e => e.Pid == (uint)Environment.ProcessId), Is.EqualTo(included));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Cgroup_OnlyItsProcesses(bool useSyscalls)
    {
        var mount = Bpf.Attaching.CgroupMount.Find()!.Path;
        var folder = Directory.CreateDirectory(Path.Combine(mount, $"mon-{Environment.ProcessId}/below"));
        try
        {
            var watched = Bpf.Kernel.Inode.Of(folder.Parent!.FullName)!.Value;
            using var kernel = new WatchedKernel(
                new KernelFilter { Cgroup = new CgroupReference(watched, 1) }, useSyscalls, "connection");

            var outside = _namespace.Python(ThreeAttempts);
            // Not in the namespace: `ip netns exec` hides the cgroup mount.
            var inside = Command.Python($"open('{folder.FullName}/cgroup.procs', 'w').write(str(os.getpid()))\n{ThreeAttempts}");
            var found = kernel.Find(e => e.Pid == inside.Pid && e.DestinationPort == 7003);
            kernel.Stop();

            Assert.That(found.CgroupId, Is.EqualTo(Bpf.Kernel.Inode.Of(folder.FullName)));
            Assert.That(kernel.Events.Where(e => e.Pid == outside.Pid), Is.Empty);
        }
        finally
        {
            folder.Delete();
            folder.Parent!.Delete();
        }
    }

    [Test]
    public void Cgroup_DropsOfItsProcessesOnly()
    {
        var mount = Bpf.Attaching.CgroupMount.Find()!.Path;
        var folder = Directory.CreateDirectory(Path.Combine(mount, $"mon-{Environment.ProcessId}-drops"));
        try
        {
            using var kernel = new WatchedKernel(
                new KernelFilter { Cgroup = new CgroupReference(Bpf.Kernel.Inode.Of(folder.FullName)!.Value, 1) }, false, "packet_drop");
            _namespace.Nft("add table inet t; add chain inet t out { type filter hook output priority 0; }; add rule inet t out udp dport 9011 drop");
            // The namespace is entered by hand: `ip netns exec` hides the cgroup mount.
            var send = $"""
                import ctypes
                ctypes.CDLL(None).setns(os.open('/run/netns/{_namespace.Name}', os.O_RDONLY), 0)
                try: socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9011))
                except OSError: pass
                """;

            var outside = Command.Python(send);
            var inside = Command.Python($"open('{folder.FullName}/cgroup.procs', 'w').write(str(os.getpid()))\n{send}");
            kernel.Find(e => e.Pid == inside.Pid && e.DestinationPort == 9011);
            kernel.Stop();

            Assert.That(kernel.Events.Where(e => e.Pid == outside.Pid), Is.Empty);
            Assert.That(WatchedKernel.Imbalance(kernel.Pipelines[0]), Is.Zero);
        }
        finally
        {
            folder.Delete();
        }
    }

    [Test]
    public void RateLimit_SuppressesAndReportsExactly()
    {
        using var kernel = WatchedKernel.WithRateLimit(
            new KernelFilter { NetworkNamespace = _namespace.Inode }, 10, "connection");

        _namespace.Python("""
            s = socket.socket(type=socket.SOCK_DGRAM)
            for i in range(1000): s.connect(('127.0.0.1', 7000))
            s.close()
            """);
        kernel.Stop();

        var pipeline = kernel.Pipelines[0];
        var suppressed = pipeline.Monitor.Counters.Read().RateLimited;
        Assert.That(suppressed + pipeline.Stored, Is.EqualTo(1000));
        Assert.That(pipeline.Stored, Is.GreaterThanOrEqualTo(10).And.LessThan(100));
        Assert.That(kernel.Losses.Select(loss => (loss.Cause, loss.Type)), Is.All.EqualTo((LossCause.RateLimited, "connection")));
        Assert.That(kernel.Losses.Aggregate(0ul, (sum, loss) => sum + loss.Count), Is.EqualTo(suppressed));
        Assert.That(WatchedKernel.Imbalance(pipeline), Is.Zero);
    }
}
