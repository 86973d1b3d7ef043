using Monitor.Agent.Loading;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>Dropped packets of connections that the monitors of TCP know.</summary>
[RequiresKernel]
internal sealed class KnownDropTests
{
    // The server is a process of its own.
    private const string Connection = """
        import subprocess
        l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen(); port = l.getsockname()[1]
        r, w = os.pipe(); pid = os.fork()
        if pid == 0:
            s, _ = l.accept(); l.close(); os.write(w, b'x'); time.sleep(60); os._exit(0)
        c = socket.socket(); c.connect(('127.0.0.1', port)); os.read(r, 1)
        """;

    private NetworkNamespace _namespace = null!;

    [SetUp]
    public void SetUp()
    {
        _namespace = new NetworkNamespace();
        _namespace.Nft(
            "add table inet t; add chain inet t in { type filter hook input priority 0; }; add chain inet t out { type filter hook output priority 0; }");
    }

    [TearDown]
    public void TearDown() => _namespace.Dispose();

    [Test]
    public void Dropped_OnItsWayIn_OfTheProcessThatTookTheConnection()
    {
        // From another machine, as it were: on loopback the kernel does not look for the socket before the firewall.
        using var peer = new NetworkNamespace();
        _namespace.Execute("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns", peer.Name);
        foreach (var (side, name, address) in new[] { (_namespace, "here", "192.0.2.1/24"), (peer, "there", "192.0.2.2/24") })
        {
            side.Execute("ip", "address", "add", address, "dev", name);
            side.Execute("ip", "link", "set", name, "up");
        }

        using var kernel = new WatchedKernel(
            new KernelFilter { NetworkNamespace = _namespace.Inode }, false, "accept", "close", "packet_drop");
        Assume.That(!kernel.IsActive("state_without_process"), "this kernel does not follow a connection to its listener");
        using var server = ResidentPython.Start(_namespace, """
            l = socket.socket(); l.bind(('192.0.2.1', 0)); l.listen()
            print(l.getsockname()[1], os.getpid())
            s, _ = l.accept(); sys.stdin.readline()
            """);
        var numbers = server.FirstLine.Split(' ').Select(uint.Parse).ToArray();
        using var client = ResidentPython.Start(peer, $"""
            c = socket.socket(); c.connect(('192.0.2.1', {numbers[0]})); print('connected')
            sys.stdin.readline(); c.sendall(b'lost'); print('sent'); sys.stdin.readline()
            """);

        _namespace.Nft($"add rule inet t in tcp dport {numbers[0]} drop");
        client.Tell("send");
        var accept = kernel.Find(e => e.Accept is not null && e.DestinationPort == numbers[0]);
        var drop = kernel.Find(e => e.PacketDrop is not null && e.DestinationPort == numbers[0]);

        Assert.That((drop.ConnectionId, drop.Pid, drop.Command), Is.EqualTo((accept.ConnectionId, numbers[1], "python3")));
        Assert.That(drop.ConnectionId, Is.Not.Zero);
    }

    [Test]
    public void Dropped_OnItsWayOutByATimer_OfTheProcessThatConnected()
    {
        using var kernel = new WatchedKernel(
            new KernelFilter { NetworkNamespace = _namespace.Inode }, false, "connection", "close", "packet_drop");
        var (port, client) = Run("out");

        var attempt = kernel.Find(e => e.Connection is not null && e.DestinationPort == port);
        // The first on behalf of the process, and then what is sent again.
        var drops = kernel.FindAll(e => e.PacketDrop is not null && e.DestinationPort == port, 3);

        Assert.That(drops.Select(e => (e.ConnectionId, e.Pid)), Is.All.EqualTo((attempt.ConnectionId, client)));
        kernel.Stop();
        Assert.That(kernel.Pipelines.Select(WatchedKernel.Imbalance), Is.All.Zero);
    }

    [Test]
    public void Dropped_OfAProcessThatIsLeftOut_IsFilteredInASoftirqToo()
    {
        using var client = ResidentPython.Start(_namespace, $$"""
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen(); port = l.getsockname()[1]
            print(port, os.getpid())
            sys.stdin.readline()
            c = socket.socket(); c.connect(('127.0.0.1', port)); print('connected')
            sys.stdin.readline()
            c.sendall(b'lost'); time.sleep(1); print('done')
            sys.stdin.readline()
            """);
        var numbers = client.FirstLine.Split(' ').Select(uint.Parse).ToArray();
        using var kernel = new WatchedKernel(
            new KernelFilter { NetworkNamespace = _namespace.Inode, ExcludedPids = [numbers[1]] }, false, "close", "packet_drop");

        client.Tell("connect");
        _namespace.Nft($"add rule inet t out tcp dport {numbers[0]} drop");
        client.Tell("send");
        kernel.Stop();

        Assert.That(kernel.Events.Where(e => e.DestinationPort == numbers[0]), Is.Empty);
        var drops = kernel.Pipelines.Single(pipeline => pipeline.Monitor.Definition.Name == "packet_drop");
        Assert.That(drops.Monitor.Counters.Read().Filtered, Is.GreaterThanOrEqualTo(3), "what was sent, and sent again");
        Assert.That(kernel.Pipelines.Select(WatchedKernel.Imbalance), Is.All.Zero);
    }

    [Test]
    public void WithoutAMonitorOfTcp_NothingIsKeptOrAsked()
    {
        using var kernel = new WatchedKernel(new KernelFilter { NetworkNamespace = _namespace.Inode }, false, "packet_drop");
        var (port, client) = Run("out");

        // By the process itself, and then by a timer, which hits whoever runs.
        var drops = kernel.FindAll(e => e.DestinationPort == port, 3);

        Assert.That(drops.Any(e => e.HasConnectionId), Is.False);
        Assert.That(drops[0].Pid, Is.EqualTo(client));
        Assert.That(drops.Skip(1).Take(2).Any(e => e.HasPid), Is.False);
        Assert.That(kernel.Loader.Connections, Is.Null);
        var monitor = kernel.Pipelines.Single().Monitor;
        Assert.That(monitor.MemoryBytes - ((long)monitor.Rings.Count * monitor.Rings.RingBytes), Is.LessThan(1 << 20));
    }

    // With every CPU busy in user mode, where a timer meets it.
    private (uint Port, uint Client) Run(string chain)
    {
        var numbers = _namespace.Python($"""
            {Connection}
            subprocess.check_call(['nft', 'add rule inet t {chain} tcp dport %d drop' % port])
            try: c.sendall(b'lost')
            except OSError: pass
            busy = []
            for i in range(os.cpu_count()):
                child = os.fork()
                if child == 0:
                    while True: pass
                busy.append(child)
            time.sleep(1.5)
            for child in busy: os.kill(child, 9); os.waitpid(child, 0)
            c.close(); os.kill(pid, 9); print(port, os.getpid())
            """).Output.Split(' ').Select(uint.Parse).ToArray();
        return (numbers[0], numbers[1]);
    }
}
