using System.Globalization;
using Monitor.Agent.Loading;
using Monitor.V1;
using Cause = Monitor.V1.CloseDetail.Types.Cause;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>Connections of unusual shapes: closed by halves, waiting, torn down, inherited, passed on, of several paths.</summary>
[RequiresKernel]
internal sealed class TcpShapesTests
{
    private NetworkNamespace _namespace = null!;
    private WatchedKernel _kernel = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        _namespace = new NetworkNamespace();
        _kernel = new WatchedKernel(
            new KernelFilter { NetworkNamespace = _namespace.Inode }, false, "connection", "accept", "close", "reset");
    }

    [OneTimeTearDown]
    public void TearDown()
    {
        _kernel.Stop();
        Assert.That(_kernel.Pipelines.Select(WatchedKernel.Imbalance), Is.All.Zero);
        _kernel.Dispose();
        _namespace.Dispose();
    }

    [TestCase("AF_INET", "127.0.0.1")]
    [TestCase("AF_INET6", "::1")]
    public void HalfClosed_TheOtherSideGoesOn_ItsBytesAndTimeCount(string family, string address)
    {
        var port = Run($$"""
            l = socket.socket(socket.{{family}}); l.bind(('{{address}}', 0)); l.listen()
            c = socket.socket(socket.{{family}}); c.connect(l.getsockname()); s, _ = l.accept()
            c.sendall(b'question'); c.shutdown(socket.SHUT_WR)
            while s.recv(100): pass
            time.sleep(0.3)
            for i in range(20): s.sendall(b'x' * 10000); c.recv(10000, socket.MSG_WAITALL)
            s.close()
            while c.recv(100000): pass
            c.close(); print(l.getsockname()[1])
            """)[0];

        var (outbound, inbound) = Closes(port);

        Assert.That((outbound.Close.Cause, inbound.Close.Cause), Is.EqualTo((Cause.Local, Cause.Remote)));
        Assert.That((outbound.Close.BytesSent, outbound.Close.BytesReceived), Is.EqualTo((8ul, 200_000ul)));
        Assert.That((inbound.Close.BytesSent, inbound.Close.BytesReceived, inbound.Close.BytesAcknowledged), Is.EqualTo((200_000ul, 8ul, 200_000ul)));
        Assert.That(inbound.Close.Duration.ToTimeSpan(), Is.GreaterThan(TimeSpan.FromSeconds(0.3)));
        Assert.That(outbound.Close.Duration.ToTimeSpan(), Is.GreaterThan(TimeSpan.FromSeconds(0.3)), "it is not over with its own FIN");
    }

    [Test]
    public void TimeWait_IsNoLongerTheConnection_AndItsPortsAreOfAnotherOneLater()
    {
        var run = Run("""
            import subprocess
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen(); port = l.getsockname()[1]
            own = 0
            for i in range(2):
                c = socket.socket(); c.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); c.bind(('127.0.0.1', own))
                c.connect(('127.0.0.1', port)); own = c.getsockname()[1]; s, _ = l.accept()
                c.close(); s.recv(1); s.close()
                waiting = subprocess.check_output(['ss', '-tnH', 'state', 'time-wait', 'dport', '=', ':%d' % port]).split()
                time.sleep(1.2) # after a second the kernel gives the ports to another connection of this machine
            print(port, own, len(waiting) > 0 and 1 or 0)
            """);
        var (port, own) = (run[0], run[1]);

        var closes = _kernel.FindAll(e => e.Close is not null && e.DestinationPort == port, 4);

        Assert.That(run[2], Is.EqualTo(1), "there is a socket in TIME_WAIT");
        Assert.That(closes, Has.Count.EqualTo(4), "TIME_WAIT is no end of its own");
        Assert.That(closes.Select(e => e.SourcePort), Is.All.EqualTo(own));
        Assert.That(closes.Select(e => e.ConnectionId).Distinct().Count(), Is.EqualTo(FollowsListeners ? 4 : 3));
        Assert.That(closes.Select(e => e.Close.Duration.ToTimeSpan()), Is.All.LessThan(Limit.OfSeconds(1)), "nobody waits for it");
    }

    [TestCase("s", Cause.RemoteReset, Cause.LocalReset)]
    [TestCase("c", Cause.LocalReset, Cause.RemoteReset)]
    public void LingerZero_OfOneSideOrBoth_OneResetWhichBothTell(string first, Cause outboundCause, Cause inboundCause)
    {
        foreach (var both in new[] { false, true })
        {
            var second = first == "s" ? "c" : "s";
            var port = Run($$"""
                l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
                c = socket.socket(); c.connect(l.getsockname()); s, _ = l.accept()
                linger = lambda x: x.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                linger({{first}})
                if {{both}}: linger({{second}})
                {{first}}.close(); {{second}}.close(); print(l.getsockname()[1])
                """)[0];

            var (outbound, inbound) = Closes(port);
            var resets = _kernel.FindAll(e => e.Reset is not null && e.DestinationPort == port, 2);

            Assert.That((outbound.Close.Cause, inbound.Close.Cause), Is.EqualTo((outboundCause, inboundCause)));
            Assert.That(resets.Select(e => e.Reset.Sent), Is.EquivalentTo([true, false]));
            Assert.That(
                resets.Single(e => e.Reset.Sent).Reset.Direction,
                Is.EqualTo(first == "c" ? ConnectionDirection.Outbound : ConnectionDirection.Inbound));
            Assert.That(
                resets.Where(e => FollowsListeners || e.ConnectionId == outbound.ConnectionId).Select(e => e.Pid),
                Is.Not.Empty.And.All.EqualTo(outbound.Pid),
                "one process has both sides");
        }
    }

    [TestCase(false, "time.sleep(60)")]
    [TestCase(true, "time.sleep(60)")]
    [TestCase(true, "\n    while True: pass", Description = "The signal meets it outside of a system call.")]
    public void ServerKilled_WithOrWithoutUnreadData_ProcessEnded(bool unread, string idle)
    {
        var port = Run($$"""
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
            r, w = os.pipe(); pid = os.fork()
            if pid == 0:
                s, _ = l.accept(); l.close(); os.write(w, b'x'); {{idle}}
            c = socket.socket(); c.connect(l.getsockname()); os.read(r, 1)
            if {{unread}}: c.sendall(b'unread')
            os.kill(pid, 9); os.wait()
            try:
                while c.recv(10): pass
            except ConnectionResetError: pass
            c.close(); print(l.getsockname()[1])
            """)[0];

        var (outbound, inbound) = Closes(port);

        Assert.That(inbound.Close.Cause, Is.EqualTo(Cause.ProcessEnded));
        Assert.That(outbound.Close.Cause, Is.EqualTo(unread ? Cause.RemoteReset : Cause.Remote));
    }

    [Test]
    public void ForkedListener_OfTwoProcesses_EachHasWhatItTook()
    {
        var run = Run("""
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen(100); port = l.getsockname()[1]
            children = []
            for quota in (7, 13):
                pid = os.fork()
                if pid == 0:
                    for i in range(quota): s, _ = l.accept(); s.recv(1); s.close()
                    os._exit(0)
                children.append(pid)
            for i in range(20): c = socket.socket(); c.connect(('127.0.0.1', port)); c.close()
            for i in range(2): os.wait()
            print(port, *children, os.getpid())
            """);

        var accepts = _kernel.FindAll(e => e.Accept is not null && e.DestinationPort == run[0], 20);
        var closes = _kernel.FindAll(
            e => e.Close is { Direction: ConnectionDirection.Inbound } && e.DestinationPort == run[0], 20);

        if (!_kernel.IsActive("accepted"))
        {
            // Not every kernel tells who takes a connection: it is the one that called listen() then.
            Assert.That(accepts.Concat(closes).Select(e => e.Pid), FollowsListeners ? Is.All.EqualTo(run[3]) : Is.All.Zero);
            return;
        }

        foreach (var (pid, quota) in new[] { (run[1], 7), (run[2], 13) })
        {
            Assert.That(accepts.Count(e => e.Pid == pid), Is.EqualTo(quota));
            Assert.That(closes.Count(e => e.Pid == pid), Is.EqualTo(quota));
        }
    }

    [Test]
    public void PassedOn_ToAnotherProcess_OneEndWhenTheLastOneClosesIt()
    {
        var run = Run("""
            import array
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen(); port = l.getsockname()[1]
            here, there = socket.socketpair(); pid = os.fork()
            if pid == 0:
                _, ancillary, _, _ = there.recvmsg(1, socket.CMSG_SPACE(4))
                s = socket.socket(fileno=array.array('i', ancillary[0][2][:4])[0])
                there.send(b'x'); time.sleep(0.3); s.sendall(b'from another'); s.close(); os._exit(0)
            c = socket.socket(); c.connect(('127.0.0.1', port)); s, _ = l.accept()
            here.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [s.fileno()]))])
            here.recv(1); s.close()
            got = c.recv(100, socket.MSG_WAITALL)
            c.close(); os.wait(); print(port, pid, len(got), os.getpid())
            """);

        var (outbound, inbound) = Closes(run[0]);

        Assert.That((inbound.Close.Cause, inbound.Close.BytesSent), Is.EqualTo((Cause.Local, (ulong)run[2])));
        Assert.That(inbound.Close.Duration.ToTimeSpan(), Is.GreaterThan(TimeSpan.FromSeconds(0.3)), "its first owner did not end it");
        if (_kernel.IsActive("accepted"))
        {
            Assert.That(inbound.Pid, Is.EqualTo(run[3]), "the one that took it, as in its accept");
        }

        Assert.That(outbound.Pid, Is.EqualTo(run[3]));
    }

    [Test]
    public void Mptcp_ItsPath_IsOneTcpConnection()
    {
        Assume.That(File.Exists("/proc/sys/net/mptcp/enabled"), "this kernel has no MPTCP");
        var run = Run("""
            l = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262); l.bind(('127.0.0.1', 0)); l.listen()
            c = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262); c.connect(l.getsockname()); s, _ = l.accept()
            c.sendall(b'x' * 1000); c.close()
            while s.recv(10000): pass
            s.close(); print(l.getsockname()[1])
            """);

        var (outbound, inbound) = Closes(run[0]);
        var accept = _kernel.Find(e => e.Accept is not null && e.DestinationPort == run[0]);

        // Its path is one connection, and the sockets above it are none. Not every kernel calls the hook of attempts for it.
        var attempts = _kernel.Events.Where(e => e.Connection is not null && e.DestinationPort == run[0]).ToList();
        Assert.That(attempts, Has.Count.LessThanOrEqualTo(1));
        Assert.That(attempts.Select(e => e.ConnectionId), Is.All.EqualTo(outbound.ConnectionId));
        Assert.That((accept.Protocol, outbound.Protocol, inbound.Protocol), Is.EqualTo(("TCP", "TCP", "TCP")));
        Assert.That((outbound.Close.BytesSent, inbound.Close.BytesReceived), Is.EqualTo((1000ul, 1000ul)));
    }

    // The kernel follows a connection to its listener since 5.12.
    private bool FollowsListeners => !_kernel.IsActive("state_without_process");

    // One of each side, and no more.
    private (Event Outbound, Event Inbound) Closes(uint port)
    {
        var closes = _kernel.FindAll(e => e.Close is not null && e.DestinationPort == port, 2);
        Assert.That(closes, Has.Count.EqualTo(2));
        return (
            closes.Single(e => e.Close.Direction == ConnectionDirection.Outbound),
            closes.Single(e => e.Close.Direction == ConnectionDirection.Inbound));
    }

    private uint[] Run(string program) =>
        [.. _namespace.Python(program).Output.Split(' ').Select(number => uint.Parse(number, CultureInfo.InvariantCulture))];
}
