using Monitor.Agent.Loading;
using Monitor.V1;
using Cause = Monitor.V1.CloseDetail.Types.Cause;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>Real TCP connections from their accept to their close, in a network namespace of the test's own.</summary>
[RequiresKernel]
internal sealed class TcpLifeTests
{
    private NetworkNamespace _namespace = null!;
    private WatchedKernel _kernel = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        _namespace = new NetworkNamespace();
        _kernel = new WatchedKernel(
            new KernelFilter { NetworkNamespace = _namespace.Inode }, useSyscalls: false,
            "connection", "accept", "close", "retransmit", "reset", "listen_overflow");
    }

    [OneTimeTearDown]
    public void TearDown()
    {
        _kernel.Stop();
        Assert.That(_kernel.Pipelines.Select(WatchedKernel.Imbalance), Is.All.Zero);
        _kernel.Dispose();
        _namespace.Dispose();
    }

    // The kernel follows a connection to its listener since 5.12.
    private bool FollowsListeners => !_kernel.IsActive("state_without_process");

    [TestCase("AF_INET", "127.0.0.1")]
    [TestCase("AF_INET6", "::1")]
    public void Connection_ClosedByClient_ToldFromBothSides(string family, string address)
    {
        var run = Run($$"""
            l = socket.socket(socket.{{family}}); l.bind(('{{address}}', 0)); l.listen()
            if os.fork() == 0:
                c = socket.socket(socket.{{family}}); c.connect(l.getsockname())
                c.sendall(b'q' * 1000)
                while len(c.recv(65536)) > 0: pass
                c.close(); os._exit(0)
            s, _ = l.accept()
            s.recv(65536); s.sendall(b'a' * 50000); s.shutdown(socket.SHUT_WR)
            while len(s.recv(65536)) > 0: pass
            s.close(); os.wait()
            print(l.getsockname()[1])
            """);
        var port = run.Ports[0];

        var attempt = _kernel.Find(e => e.Connection is not null && e.DestinationPort == port);
        var accept = _kernel.Find(e => e.Accept is not null && e.DestinationPort == port);
        var outbound = Close(port, ConnectionDirection.Outbound);
        var inbound = Close(port, ConnectionDirection.Inbound);

        foreach (var seen in new[] { attempt, accept, outbound, inbound })
        {
            Assert.That((seen.SourceIp, seen.DestinationIp, seen.Protocol), Is.EqualTo((address, address, "TCP")));
            Assert.That(seen.SourcePort, Is.EqualTo(attempt.SourcePort));
            Assert.That(seen.NetworkNamespace, Is.EqualTo(_namespace.Inode));
            Assert.That(seen.HasCgroupId);
        }

        Assert.That(outbound.ConnectionId, Is.EqualTo(attempt.ConnectionId).And.Not.Zero);
        Assert.That((outbound.Pid, outbound.Command), Is.EqualTo((attempt.Pid, "python3")));
        Assert.That(inbound.CgroupId, Is.EqualTo(attempt.CgroupId));
        if (FollowsListeners)
        {
            Assert.That(inbound.ConnectionId, Is.EqualTo(accept.ConnectionId).And.Not.Zero.And.Not.EqualTo(attempt.ConnectionId));
            Assert.That((accept.Pid, accept.Command), Is.EqualTo((run.Pid, "python3")));
            Assert.That(inbound.Pid, Is.EqualTo(run.Pid));
        }

        // The server shut down first; the client's end is the answer to it.
        Assert.That((inbound.Close.Cause, outbound.Close.Cause), Is.EqualTo((Cause.Local, Cause.Remote)));
        Assert.That((outbound.Close.BytesSent, outbound.Close.BytesReceived), Is.EqualTo((1000ul, 50000ul)));
        Assert.That((inbound.Close.BytesSent, inbound.Close.BytesReceived), Is.EqualTo((50000ul, 1000ul)));
        Assert.That((outbound.Close.BytesAcknowledged, inbound.Close.BytesAcknowledged), Is.EqualTo((1000ul, 50000ul)));
        Assert.That(outbound.Close.SegmentsSent, Is.GreaterThan(2u));
        Assert.That(outbound.Close.SegmentsReceived, Is.GreaterThan(2u));
        Assert.That(outbound.Close.Duration.ToTimeSpan(), Is.GreaterThan(TimeSpan.Zero).And.LessThan(Limit.OfSeconds(30)));
        Assert.That(outbound.Close.MinimumRtt.ToTimeSpan(), Is.GreaterThan(TimeSpan.Zero).And.LessThan(Limit.OfSeconds(1)));
        Assert.That(outbound.Close.SmoothedRtt.ToTimeSpan(), Is.GreaterThanOrEqualTo(outbound.Close.MinimumRtt.ToTimeSpan()));
        Assert.That((outbound.Close.OpenBeforeStart, inbound.Close.OpenBeforeStart, outbound.Close.HasError), Is.EqualTo((false, false, false)));
    }

    [Test]
    public void Close_WithLingerZero_ResetByOneSide()
    {
        var port = Run("""
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
            c = socket.socket(); c.connect(l.getsockname()); s, _ = l.accept()
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close()
            try: s.recv(1)
            except ConnectionResetError: pass
            s.close(); print(l.getsockname()[1])
            """).Ports[0];

        var outbound = Close(port, ConnectionDirection.Outbound);
        var inbound = Close(port, ConnectionDirection.Inbound);
        var sent = _kernel.Find(e => e.Reset is { Sent: true } && e.DestinationPort == port);
        var received = _kernel.Find(e => e.Reset is { Sent: false } && e.DestinationPort == port);

        Assert.That((outbound.Close.Cause, outbound.Close.HasError), Is.EqualTo((Cause.LocalReset, false)));
        Assert.That((inbound.Close.Cause, inbound.Close.Error), Is.EqualTo((Cause.RemoteReset, "ECONNRESET")));
        Assert.That(sent.ConnectionId, Is.EqualTo(outbound.ConnectionId));
        Assert.That(received.Reset.State, Is.EqualTo("ESTABLISHED"));
        if (FollowsListeners)
        {
            Assert.That(received.ConnectionId, Is.EqualTo(inbound.ConnectionId).And.Not.Zero);
        }
    }

    [Test]
    public void Close_ProcessKilled_ProcessEnded()
    {
        var port = Run("""
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
            r, w = os.pipe(); pid = os.fork()
            if pid == 0:
                c = socket.socket(); c.connect(l.getsockname()); os.write(w, b'x'); time.sleep(60); os._exit(0)
            s, _ = l.accept(); os.read(r, 1); os.kill(pid, 9); os.wait()
            while len(s.recv(10)) > 0: pass
            s.close(); print(l.getsockname()[1])
            """).Ports[0];

        Assert.That(Close(port, ConnectionDirection.Outbound).Close.Cause, Is.EqualTo(Cause.ProcessEnded));
        Assert.That(Close(port, ConnectionDirection.Inbound).Close.Cause, Is.EqualTo(Cause.Remote));
    }

    [Test]
    public void Close_PeerSilent_TimedOutAfterRetransmits()
    {
        _namespace.Nft("add table inet silent; add chain inet silent in { type filter hook input priority 0; }");
        var port = Run("""
            import subprocess
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
            c = socket.socket(); c.connect(l.getsockname()); s, _ = l.accept(); port = l.getsockname()[1]
            c.setsockopt(socket.IPPROTO_TCP, 18, 1500) # TCP_USER_TIMEOUT
            subprocess.check_call(['nft', 'add rule inet silent in tcp dport %d drop' % port])
            c.sendall(b'lost')
            try: c.recv(1)
            except (TimeoutError, OSError): pass
            c.close(); print(port)
            """).Ports[0];

        var close = Close(port, ConnectionDirection.Outbound);
        var again = _kernel.Find(e => e.Retransmit is not null && e.DestinationPort == port);

        Assert.That((close.Close.Cause, close.Close.Error), Is.EqualTo((Cause.TimedOut, "ETIMEDOUT")));
        Assert.That(close.Close.Retransmits, Is.Positive);
        Assert.That((close.Close.BytesSent, close.Close.BytesAcknowledged), Is.EqualTo((4ul, 0ul)));
        Assert.That((again.Retransmit.State, again.Retransmit.Direction), Is.EqualTo(("ESTABLISHED", ConnectionDirection.Outbound)));
        Assert.That((again.ConnectionId, again.Pid), Is.EqualTo((close.ConnectionId, close.Pid)));
    }

    [Test]
    public void Close_KeepAliveUnanswered_KeepAlive()
    {
        _namespace.Nft("add table inet deaf; add chain inet deaf in { type filter hook input priority 0; }");
        var port = Run("""
            import subprocess
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
            c = socket.socket(); c.connect(l.getsockname()); s, _ = l.accept(); port = l.getsockname()[1]
            subprocess.check_call(['nft', 'add rule inet deaf in tcp dport %d drop' % port])
            c.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option in (4, 5): c.setsockopt(socket.IPPROTO_TCP, option, 1) # TCP_KEEPIDLE, TCP_KEEPINTVL
            c.setsockopt(socket.IPPROTO_TCP, 6, 1) # TCP_KEEPCNT
            try: c.recv(1)
            except (TimeoutError, OSError): pass
            c.close(); print(port)
            """).Ports[0];

        Assert.That(Close(port, ConnectionDirection.Outbound).Close.Cause, Is.EqualTo(Cause.KeepAlive));
    }

    [Test]
    public void Accept_SharedPort_ProcessOfTheListenerThatGotIt()
    {
        Assume.That(FollowsListeners, "this kernel does not follow a connection to its listener");
        var run = Run("""
            def listener(port):
                l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                l.bind(('127.0.0.1', port)); l.listen(); return l
            first = listener(0); port = first.getsockname()[1]
            r, w = os.pipe(); r2, w2 = os.pipe(); pid = os.fork()
            if pid == 0:
                first.close(); second = listener(port); os.write(w, b'x'); os.read(r2, 1)
                second.setblocking(False); n = 0
                try:
                    while True: second.accept(); n += 1
                except BlockingIOError: pass
                os._exit(n)
            os.read(r, 1)
            cs = []
            for i in range(40): c = socket.socket(); c.connect(('127.0.0.1', port)); cs.append(c)
            os.write(w2, b'x'); _, status = os.waitpid(pid, 0)
            print(port, pid, os.waitstatus_to_exitcode(status))
            """);
        var (port, second, taken) = (run.Ports[0], run.Ports[1], run.Ports[2]);

        var accepted = _kernel.FindAll(e => e.Accept is not null && e.DestinationPort == port, 40);

        Assert.That(taken, Is.InRange(1, 39), "both listeners got some");
        Assert.That(accepted.Count(e => e.Pid == second), Is.EqualTo((int)taken));
        Assert.That(accepted.Count(e => e.Pid == run.Pid), Is.EqualTo(40 - (int)taken));
    }

    [Test]
    public void Listener_QueueFull_Overflow()
    {
        var port = Run("""
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen(1)
            cs = []
            for i in range(5):
                c = socket.socket(); c.setblocking(False)
                try: c.connect(l.getsockname())
                except BlockingIOError: pass
                cs.append(c)
            time.sleep(7); print(l.getsockname()[1])
            """).Ports[0];

        var overflow = _kernel.Find(e => e.ListenOverflow is not null && e.DestinationPort == port);

        Assert.That(overflow.ListenOverflow.Count, Is.Positive);
        Assert.That((overflow.ListenOverflow.QueueLength, overflow.ListenOverflow.Backlog), Is.EqualTo((2u, 1u)));
    }

    [Test]
    public void Reset_ClosedPort_SentForNoSocket()
    {
        var port = Run("""
            l = socket.socket(); l.bind(('127.0.0.1', 0)); port = l.getsockname()[1]; l.close()
            c = socket.socket()
            try: c.connect(('127.0.0.1', port))
            except ConnectionRefusedError: pass
            print(port)
            """).Ports[0];

        var attempt = _kernel.Find(e => e.Connection is not null && e.DestinationPort == port);
        var received = _kernel.Find(e => e.Reset is { Sent: false } && e.DestinationPort == port);
        Assert.That((received.ConnectionId, received.Reset.State), Is.EqualTo((attempt.ConnectionId, "SYN_SENT")));
        Assert.That(received.Pid, Is.EqualTo(attempt.Pid));
    }

    private Event Close(uint port, ConnectionDirection direction) =>
        _kernel.Find(e => e.Close is not null && e.DestinationPort == port && e.Close.Direction == direction);

    private (uint Pid, uint[] Ports) Run(string program)
    {
        var result = _namespace.Python(program);
        return (result.Pid, [.. result.Output.Split(' ').Select(uint.Parse)]);
    }
}
