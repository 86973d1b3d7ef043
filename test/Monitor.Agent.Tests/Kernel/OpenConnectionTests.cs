using Monitor.Agent.Encoding;
using Monitor.Agent.Loading;
using Monitor.Agent.OpenConnections;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>The kernel's sockets, with `ss` and `/proc/net/tcp` as witnesses.</summary>
[RequiresKernel]
internal sealed class OpenConnectionTests
{
    // Sends a byte too many for nobody to read them, so that both queues have something.
    private const string SocketsOfAllKinds = """
        keep = []
        def listen(family, address, port):
            s = socket.socket(family)
            s.bind((address, port))
            s.listen(5)
            keep.append(s)
            return s
        def pair(listener, family=socket.AF_INET, buffer=None):
            c = socket.socket(family)
            if buffer: listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            c.connect(listener.getsockname()[:2])
            s, _ = listener.accept()
            return c, s
        four = listen(socket.AF_INET, '127.0.0.1', 7100)
        six = listen(socket.AF_INET6, '::1', 7101)
        for listener, family in ((four, socket.AF_INET), (six, socket.AF_INET6)):
            c, s = pair(listener, family)
            c.sendall(b'x' * 3000); s.recv(3000, socket.MSG_WAITALL); s.sendall(b'y' * 700); c.recv(700, socket.MSG_WAITALL)
            c.sendall(b'z' * 50)
            keep += [c, s]
        c, s = pair(listen(socket.AF_INET, '127.0.0.1', 7102), buffer=4096)
        c.setblocking(False)
        try:
            while True: c.send(b'q' * 10000)
        except BlockingIOError: pass
        keep += [c, s]
        c, s = pair(four)
        c.shutdown(socket.SHUT_WR); keep += [c, s]
        c, s = pair(four)
        c.close(); keep.append(s)
        c, s = pair(four)
        c.close(); s.close()
        c = socket.socket(); c.connect(('127.0.0.1', 7102)); keep.append(c)
        c = socket.socket(); c.setblocking(False); c.connect_ex(('198.51.100.1', 7103)); keep.append(c)
        print('ready')
        sys.stdin.read()
        """;

    private SocketIterators _iterators = null!;
    private NodeConnections _connections = null!;

    [SetUp]
    public void Load() => Use(new KernelFilter(), null);

    [TearDown]
    public void Unload()
    {
        _connections.Dispose();
        _iterators.Dispose();
    }

    [Test]
    public void Iterators_OnThisKernel_AreBothThere() =>
        Assert.That((_iterators.Files is not null, _iterators.Table is not null, _iterators.Note), Is.EqualTo((true, true, "")));

    [Test]
    public async Task Sockets_InANamespace_AreWhatSsSays()
    {
        using var inside = new NetworkNamespace();
        inside.Execute("ip", "route", "add", "198.51.100.0/24", "dev", "lo");
        using var program = ResidentPython.Start(inside, SocketsOfAllKinds);
        Dictionary<ulong, SocketStatistics> before;
        Dictionary<ulong, SocketStatistics> after;
        Dictionary<ulong, SocketStatistics> listed;
        IReadOnlyList<string> table;
        var patience = DateTime.UtcNow.AddSeconds(60);
        do
        {
            // Those that still retransmit or probe change now and then.
            before = SocketStatistics.Of(inside);
            listed = (await AllAsync(inside)).ToDictionary(connection => connection.ConnectionId, SocketStatistics.Of);
            table = SocketTable.Of(inside);
            after = SocketStatistics.Of(inside);
        }
        while (!before.Values.ToHashSet().SetEquals(after.Values) && DateTime.UtcNow < patience);

        Assert.That(listed.Values.OrderBy(socket => socket.ConnectionId), Is.EqualTo(after.Values.OrderBy(socket => socket.ConnectionId)));
        Assert.That(listed.Values.Where(socket => !socket.Addresses.StartsWith('[')).Select(SocketTable.Line), Is.EquivalentTo(table));
        Assert.That(after.Values.Select(socket => socket.State), Is.SupersetOf(new[]
        {
            "ESTABLISHED", "SYN_SENT", "FIN_WAIT2", "TIME_WAIT", "CLOSE_WAIT", "LISTEN",
        }));
        var withoutProcess = after.Values.Where(socket => socket.Pids.Length == 0).Select(socket => socket.State);
        Assert.That(withoutProcess, Is.EquivalentTo(["FIN_WAIT2", "TIME_WAIT", "ESTABLISHED"]), "closed, gone, and not accepted");
        Assert.That(after.Values.Any(socket => socket is { State: "ESTABLISHED", SendQueue: > 0 }), Is.True);
        Assert.That(after.Values.Any(socket => socket is { State: "ESTABLISHED", ReceiveQueue: 50 }), Is.True);
        Assert.That(after.Values.Any(socket => socket is { State: "LISTEN", ReceiveQueue: 1, SendQueue: 5 }), Is.True);
    }

    [Test]
    public async Task Connection_OfBothSides_HasOneSourceAndTheProcess()
    {
        using var inside = new NetworkNamespace();
        using var program = ResidentPython.Start(inside, SocketsOfAllKinds);

        var sides = (await ListAsync(new EventFilter { DestinationPort = { 7101 } })).Where(c => c.NetworkNamespace == inside.Inode).ToList();

        Assert.That(sides, Has.Count.EqualTo(2));
        Assert.That(sides.Select(side => side.SourcePort).Distinct(), Has.Exactly(1).Items);
        Assert.That(sides.Select(side => side.Direction), Is.EquivalentTo([ConnectionDirection.Inbound, ConnectionDirection.Unspecified]));
        foreach (var side in sides)
        {
            Assert.That((side.AddressFamily, side.Protocol, side.SourceIp, side.DestinationIp), Is.EqualTo(("IPv6", "TCP", "::1", "::1")));
            Assert.That((side.Command, side.Uid, side.NodeName), Is.EqualTo(("python3", 0u, "node")));
            Assert.That(side.CgroupId, Is.GreaterThan(0ul));
        }
    }

    [Test]
    public async Task Connection_OpenedSinceAMonitorRuns_HasItsAgeAndDirection()
    {
        using var kernel = new WatchedKernel(new KernelFilter(), false, "close");
        using var inside = new NetworkNamespace();
        Unload();
        Use(new KernelFilter(), null, kernel.Loader.Connections!.Entries);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var program = ResidentPython.Start(inside, SocketsOfAllKinds);

        var sides = (await ListAsync(new EventFilter { DestinationPort = { 7101 } })).Where(c => c.NetworkNamespace == inside.Inode).ToList();

        Assert.That(sides.Select(side => side.Direction), Is.EquivalentTo([ConnectionDirection.Inbound, ConnectionDirection.Outbound]));
        Assert.That(sides.Select(side => side.Age.ToTimeSpan()), Is.All.GreaterThan(TimeSpan.Zero).And.All.LessThan(clock.Elapsed));
    }

    [Test]
    public async Task Connection_OpenedWhileTheMonitorIsPaused_HasNotTheAgeOfOneThatWasAtItsAddress()
    {
        using var kernel = new WatchedKernel(new KernelFilter(), false, "close");
        Assume.That(kernel.IsActive("state"), "this kernel gives sockets no number by itself");
        using var inside = new NetworkNamespace();
        Unload();
        Use(new KernelFilter(), null, kernel.Loader.Connections!.Entries);
        using var program = ResidentPython.Start(inside, """
            def pairs(port):
                l = socket.socket(); l.bind(('127.0.0.1', port)); l.listen(200)
                made = [l]
                for _ in range(200):
                    c = socket.create_connection(('127.0.0.1', port)); made += [c, l.accept()[0]]
                return made
            keep = pairs(7140)
            print('ready'); sys.stdin.readline()
            for s in keep: s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.close()
            keep = pairs(7141); print('again'); sys.stdin.read()
            """);
        Assert.That(await ListAsync(new EventFilter { DestinationPort = { 7140 } }), Has.Count.EqualTo(400).And.All.Matches<OpenConnection?>(one => one?.Age is not null));

        // Nobody sees the first ones end, and the kernel gives their memory to the others.
        kernel.Pipelines[0].Monitor.Pause();
        Assert.That(program.Tell("go"), Is.EqualTo("again"));

        Assert.That(await ListAsync(new EventFilter { DestinationPort = { 7141 } }), Has.Count.EqualTo(400).And.All.Matches<OpenConnection?>(one => one is { Age: null }));
    }

    [Test]
    public async Task Socket_PassedOn_IsOfWhoeverHasIt()
    {
        using var inside = new NetworkNamespace();
        using var program = ResidentPython.Start(inside, """
            import array
            l = socket.socket(); l.bind(('127.0.0.1', 7110)); l.listen()
            here, there = socket.socketpair()
            child = os.fork()
            if child == 0:
                l.close(); here.close()
                _, control, _, _ = there.recvmsg(1, socket.CMSG_SPACE(4))
                there.send(b'k')
                there.recv(1)
                os._exit(0)
            there.close()
            c = socket.create_connection(('127.0.0.1', 7110))
            here.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [c.fileno()]))])
            here.recv(1)
            print(os.getpid(), child)
            sys.stdin.readline()
            c.close()
            print('closed')
            sys.stdin.read()
            """);
        var pids = program.FirstLine.Split(' ').Select(uint.Parse).ToArray();
        var filter = new EventFilter { DestinationPort = { 7110 }, Pid = { pids[1] } };

        var shared = (await ListAsync(filter)).Single();
        Assert.That(shared.OtherPid.Prepend(shared.Pid), Is.EqualTo(pids.Order()));

        Assert.That(program.Tell("go"), Is.EqualTo("closed"));
        var passed = (await ListAsync(filter)).Single();
        Assert.That((passed.Pid, passed.OtherPid.Count, passed.ConnectionId), Is.EqualTo((pids[1], 0, shared.ConnectionId)));
    }

    [Test]
    public async Task TenThousandSockets_InPages_AreEachThereOnce()
    {
        using var inside = new NetworkNamespace();
        using var program = ResidentPython.Start(inside, """
            import resource
            resource.setrlimit(resource.RLIMIT_NOFILE, (12000, 12000))
            l = socket.socket(); l.bind(('127.0.0.1', 7120)); l.listen(100)
            keep = [l]
            for i in range(5000):
                c = socket.create_connection(('127.0.0.1', 7120))
                keep += [c, l.accept()[0]]
            print('ready')
            sys.stdin.read()
            """);
        var cookies = SocketStatistics.Of(inside).Values.Where(socket => socket.State == "ESTABLISHED").Select(socket => socket.ConnectionId);
        var filter = new EventFilter { DestinationPort = { 7120 } };
        var seen = new List<OpenConnection>();
        var token = "";
        do
        {
            var query = ConnectionQuery.Compile(filter, [], 1500, token);
            var page = await _connections.ListAsync(query, CancellationToken.None);
            Assert.That(page.TotalCount, Is.EqualTo(10_000));
            seen.AddRange(page.Connections);
            token = page.HasMore ? query.TokenAfter(page.Last!.Value) : "";
        }
        while (token.Length > 0);

        Assert.That(seen.Select(connection => connection.ConnectionId), Is.EqualTo(cookies.Order()));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await ListAsync(filter);
        await TestContext.Out.WriteLineAsync($"10 000 sockets, a page of 100: {clock.Elapsed.TotalMilliseconds:0.0} ms");
    }

    [Test]
    public async Task NetworkNamespace_InTheSettings_LeavesOutOthers()
    {
        using var inside = new NetworkNamespace();
        using var outside = new NetworkNamespace();
        using var one = ResidentPython.Start(inside, SocketsOfAllKinds);
        using var two = ResidentPython.Start(outside, SocketsOfAllKinds);
        Unload();
        Use(new KernelFilter { NetworkNamespace = inside.Inode }, null);

        var all = await ListAsync(new EventFilter(), [.. ConnectionStates.All]);

        Assert.That(all, Has.Count.GreaterThan(10));
        Assert.That(all.Select(connection => connection.NetworkNamespace), Is.All.EqualTo(inside.Inode));
    }

    [Test]
    public async Task Privacy_OfTheSettings_Applies()
    {
        using var inside = new NetworkNamespace();
        using var program = ResidentPython.Start(inside, SocketsOfAllKinds);
        Unload();
        Use(new KernelFilter { ExcludedPorts = [7101] }, new EventPrivacy(true, [System.Net.IPNetwork.Parse("127.0.0.0/8")]));

        var all = (await ListAsync(new EventFilter())).Where(connection => connection.NetworkNamespace == inside.Inode).ToList();

        Assert.That(all, Is.Not.Empty);
        Assert.That(all.Select(connection => connection.HasCommand), Is.All.False);
        Assert.That(all.Where(connection => connection.DestinationPort == 7100).Select(connection => connection.SourceIp), Is.All.EqualTo("127.0.0.0"));
        Assert.That(all.Select(connection => connection.DestinationPort), Has.None.EqualTo(7101u));
    }

    [Test]
    public void Request_ThatNobodyWaitsFor_EndsAndLeavesTheNextOneItsTurn()
    {
        // The table is found by any socket that a process has. An agent has some of its own.
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        using var gone = new CancellationTokenSource();
        gone.Cancel();
        var query = ConnectionQuery.Compile(new EventFilter(), [], 0, "");
        var open = Directory.GetFiles("/proc/self/fd").Length;

        for (var i = 0; i < 20; i++)
        {
            Assert.That(async () => await _connections.ListAsync(query, gone.Token), Throws.InstanceOf<OperationCanceledException>());
        }

        Assert.That(async () => await ListAsync(new EventFilter()), Throws.Nothing);
        Assert.That(Directory.GetFiles("/proc/self/fd"), Has.Length.LessThan(open + 10));
    }

    private void Use(KernelFilter filter, EventPrivacy? privacy, Bpf.BpfMap? connections = null)
    {
        _iterators = SocketIterators.Load(WatchedKernel.BpfFolder(), filter, connections);
        _connections = new NodeConnections("node", _iterators, new ConnectionBuilder("node", null, privacy), filter, TimeProvider.System);
    }

    private async Task<List<OpenConnection>> AllAsync(NetworkNamespace inside) =>
        [.. (await ListAsync(new EventFilter(), [.. ConnectionStates.All])).Where(connection => connection.NetworkNamespace == inside.Inode)];

    private async Task<IReadOnlyList<OpenConnection>> ListAsync(EventFilter filter, params string[] states)
    {
        var page = await _connections.ListAsync(ConnectionQuery.Compile(filter, states, 10_000, ""), CancellationToken.None);
        Assert.That(page.Incomplete, Is.Empty);
        return page.Connections;
    }
}
