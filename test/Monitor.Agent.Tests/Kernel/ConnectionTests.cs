using Monitor.Agent.Loading;
using Monitor.V1;
using Outcome = Monitor.V1.ConnectionDetail.Types.Outcome;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>Real attempts in a network namespace of the test's own, seen by the programs in this kernel.</summary>
[RequiresKernel]
[TestFixture(false)]
[TestFixture(true)]
internal sealed class ConnectionTests(bool useSyscalls)
{
    private const int Inprogress = -115;

    private NetworkNamespace _namespace = null!;
    private WatchedKernel _kernel = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        if (useSyscalls && !Directory.Exists("/sys/kernel/tracing/events"))
        {
            System.Diagnostics.Process.Start("mount", ["-t", "tracefs", "none", "/sys/kernel/tracing"]).WaitForExit();
        }

        _namespace = new NetworkNamespace();
        _kernel = new WatchedKernel(new KernelFilter { NetworkNamespace = _namespace.Inode }, useSyscalls, "connection");
    }

    [OneTimeTearDown]
    public void TearDown()
    {
        _kernel.Stop();
        Assert.That(_kernel.Pipelines.Select(WatchedKernel.Imbalance), Is.All.Zero);
        _kernel.Dispose();
        _namespace.Dispose();
    }

    [TestCase("AF_INET", "127.0.0.1", "IPv4", "127.0.0.1:{0}")]
    [TestCase("AF_INET6", "::1", "IPv6", "[::1]:{0}")]
    [TestCase("AF_INET6", "::ffff:127.0.0.1", "IPv4", "127.0.0.1:{0}")]
    public void Tcp_Listener_Connected(string family, string address, string shownFamily, string destination)
    {
        var client = _namespace.Python($"""
            l = socket.socket(socket.{family}); l.bind(('{address}', 0)); l.listen()
            c = socket.socket(socket.{family}); c.connect(l.getsockname())
            print(l.getsockname()[1], c.getsockname()[1])
            """);
        var ports = client.Output.Split(' ').Select(uint.Parse).ToArray();

        var actual = _kernel.Find(e => e.Pid == client.Pid);

        Assert.That(actual.Destination, Is.EqualTo(string.Format(null, destination, ports[0])));
        Assert.That(actual.AddressFamily, Is.EqualTo(shownFamily));
        Assert.That(actual.SourcePort, Is.EqualTo(ports[1]));
        Assert.That(actual.SourceIp, Is.EqualTo(actual.DestinationIp));
        Assert.That((actual.Protocol, actual.SocketType), Is.EqualTo(("TCP", "STREAM")));
        Assert.That((actual.Command, actual.Uid, actual.Tid), Is.EqualTo(("python3", 0u, client.Pid)));
        Assert.That(actual.NetworkNamespace, Is.EqualTo(_namespace.Inode));
        Assert.That(actual.HasCgroupId);
        Assert.That(actual.NodeName, Is.EqualTo(WatchedKernel.NodeName));
        Assert.That(actual.Time.ToDateTime(), Is.EqualTo(DateTime.UtcNow).Within(Limit.OfSeconds(60)));
        var detail = actual.Connection;
        Assert.That((detail.Outcome, detail.ReturnCode, detail.NonBlocking), Is.EqualTo((Outcome.Connected, 0, false)));
        Assert.That(detail.HasError, Is.False);
        Assert.That(detail.HandshakeTime.ToTimeSpan(), Is.GreaterThan(TimeSpan.Zero).And.LessThan(Limit.OfSeconds(5)));
    }

    [Test]
    public void Tcp_NoListener_Refused()
    {
        var client = _namespace.Python("print(socket.socket().connect_ex(('127.0.0.1', 1)))");

        var detail = _kernel.Find(e => e.Pid == client.Pid).Connection;

        Assert.That((detail.Outcome, detail.Error, detail.ReturnCode), Is.EqualTo((Outcome.Failed, "ECONNREFUSED", -111)));
    }

    [Test]
    public void TcpNonBlocking_Listener_ConnectedLater()
    {
        var client = _namespace.Python("""
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
            c = socket.socket(); c.setblocking(False); print(c.connect_ex(l.getsockname())); l.accept()
            """);

        var detail = _kernel.Find(e => e.Pid == client.Pid).Connection;

        Assert.That(client.Output, Is.EqualTo("115"));
        Assert.That((detail.Outcome, detail.ReturnCode, detail.NonBlocking), Is.EqualTo((Outcome.Connected, Inprogress, true)));
    }

    [Test]
    public void TcpNonBlocking_NoListener_RefusedLater()
    {
        var client = _namespace.Python("""
            c = socket.socket(); c.setblocking(False); c.connect_ex(('127.0.0.1', 1))
            import select; select.select([], [c], [], 5)
            """);

        var detail = _kernel.Find(e => e.Pid == client.Pid).Connection;

        Assert.That((detail.Outcome, detail.Error, detail.ReturnCode), Is.EqualTo((Outcome.Failed, "ECONNREFUSED", Inprogress)));
    }

    [Test]
    public void Tcp_DroppedByNft_TimesOut()
    {
        _namespace.Nft("add table inet t1; add chain inet t1 in { type filter hook input priority 0; }; add rule inet t1 in tcp dport 2222 drop");

        var client = _namespace.Python("""
            c = socket.socket(); c.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1); print(c.connect_ex(('127.0.0.1', 2222)))
            """);

        var actual = _kernel.Find(e => e.Pid == client.Pid);
        Assert.That(client.Output, Is.EqualTo("110"));
        Assert.That((actual.Connection.Outcome, actual.Connection.Error), Is.EqualTo((Outcome.Failed, "ETIMEDOUT")));
        Assert.That(actual.Connection.HandshakeTime.Seconds, Is.GreaterThanOrEqualTo(1));
    }

    [Test]
    public void Tcp_RejectedByNft_Unreachable()
    {
        _namespace.Nft("add table inet t2; add chain inet t2 in { type filter hook input priority 0; }; add rule inet t2 in tcp dport 2223 reject with icmpx type host-unreachable");

        var client = _namespace.Python("""
            c = socket.socket(); c.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1); print(c.connect_ex(('127.0.0.1', 2223)))
            """);

        var detail = _kernel.Find(e => e.Pid == client.Pid).Connection;
        Assert.That((detail.Outcome, detail.Error), Is.EqualTo((Outcome.Failed, "EHOSTUNREACH")));
    }

    [Test]
    public void Tcp_SocketClosedBeforeAnswer_Abandoned()
    {
        _namespace.Nft("add table inet t3; add chain inet t3 in { type filter hook input priority 0; }; add rule inet t3 in tcp dport 2224 drop");

        var client = _namespace.Python("c = socket.socket(); c.setblocking(False); print(c.connect_ex(('127.0.0.1', 2224))); c.close()");

        var actual = _kernel.Find(e => e.Pid == client.Pid);
        Assert.That(actual.Connection.Outcome, Is.EqualTo(Outcome.Abandoned));
        Assert.That(actual.HasSourcePort);
    }

    [Test]
    public void Tcp_ProcessKilled_Abandoned()
    {
        _namespace.Nft("add table inet t4; add chain inet t4 in { type filter hook input priority 0; }; add rule inet t4 in tcp dport 2225 drop");

        var killer = _namespace.Python("""
            pid = os.fork()
            if pid == 0:
                c = socket.socket(); c.connect(('127.0.0.1', 2225))
            table = '/proc/net/tcp'
            while ':08B1 02' not in open(table).read(): pass   # port 2225 in SYN_SENT
            os.kill(pid, 9); os.waitpid(pid, 0); print(pid)
            """);

        Assert.That(_kernel.Find(e => e.Pid == killer.Number).Connection.Outcome, Is.EqualTo(Outcome.Abandoned));
    }

    [Test]
    public void Tcp_NoRoute_Failed()
    {
        var client = _namespace.Python("c = socket.socket(); print(c.connect_ex(('192.0.2.1', 80))); c.close()");

        var detail = _kernel.Find(e => e.Pid == client.Pid).Connection;

        Assert.That(client.Output, Is.EqualTo("101"));
        Assert.That(detail.Outcome, Is.EqualTo(Outcome.Failed));
        AssertSeesReturn("stream_connect_exit", detail, "ENETUNREACH", -101);
    }

    [Test]
    public void Tcp_NoFreePort_Failed()
    {
        // The state goes to SYN_SENT and back before anything is sent.
        var client = _namespace.Python("""
            open('/proc/sys/net/ipv4/ip_local_port_range', 'w').write('10000 10000')
            l = socket.socket(); l.bind(('127.0.0.1', 2226)); l.listen()
            a = socket.socket(); a.connect(('127.0.0.1', 2226))
            c = socket.socket(); print(c.connect_ex(('127.0.0.1', 2226))); c.close()
            open('/proc/sys/net/ipv4/ip_local_port_range', 'w').write('32768 60999')
            """);

        var detail = _kernel.Find(e => e.Pid == client.Pid && e.Connection.Outcome != Outcome.Connected).Connection;

        Assert.That(client.Output, Is.EqualTo("99"));
        Assert.That(detail.Outcome, Is.EqualTo(Outcome.Failed));
        AssertSeesReturn("stream_connect_exit", detail, "EADDRNOTAVAIL", -99);
    }

    [Test]
    public void TcpNonBlocking_AskedHowItIsDoing_KeepsItsReturnCode()
    {
        _namespace.Nft("add table inet t5; add chain inet t5 in { type filter hook input priority 0; }; add rule inet t5 in tcp dport 2227 drop");

        var client = _namespace.Python("""
            c = socket.socket(); c.setblocking(False)
            print(c.connect_ex(('127.0.0.1', 2227)), c.connect_ex(('127.0.0.1', 2227))); c.close()
            """);

        var detail = _kernel.Find(e => e.Pid == client.Pid).Connection;
        Assert.That(client.Output, Is.EqualTo("115 114"));
        Assert.That(detail.Outcome, Is.EqualTo(Outcome.Abandoned));
        Assert.That(_kernel.Events.Count(e => e.Pid == client.Pid), Is.EqualTo(1));
        if (useSyscalls || _kernel.IsActive("stream_connect_exit"))
        {
            Assert.That(detail.ReturnCode, Is.EqualTo(Inprogress));
        }
    }

    [Test]
    public void Tcp_InterruptedBySignal_HasTheReturnCodeOfItsOutcome()
    {
        // After the signal's handler the kernel goes on with the call.
        _namespace.Nft("add table inet t6; add chain inet t6 in { type filter hook input priority 0; }; add rule inet t6 in tcp dport 2228 drop");

        var client = _namespace.Python("""
            import signal
            signal.signal(signal.SIGALRM, lambda *_: None); signal.siginterrupt(signal.SIGALRM, False)
            c = socket.socket(); c.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
            signal.setitimer(signal.ITIMER_REAL, 0.3); print(c.connect_ex(('127.0.0.1', 2228)))
            """);

        var detail = _kernel.Find(e => e.Pid == client.Pid).Connection;
        Assert.That(client.Output, Is.EqualTo("110"));
        Assert.That((detail.Error, detail.ReturnCode), Is.EqualTo(("ETIMEDOUT", -110)));
    }

    [TestCase("AF_INET", "127.0.0.1")]
    [TestCase("AF_INET6", "::1")]
    public void Udp_StaysOpen_ConnectedWithinSeconds(string family, string address)
    {
        // The socket is open until the test has seen the event.
        var client = _namespace.Python($"""
            c = socket.socket(socket.{family}, socket.SOCK_DGRAM); c.connect(('{address}', 5353)); print(c.getsockname()[1])
            time.sleep(0.5)
            """);

        var actual = _kernel.Find(e => e.Pid == client.Pid);

        Assert.That((actual.Protocol, actual.SocketType, actual.DestinationPort), Is.EqualTo(("UDP", "DGRAM", 5353u)));
        Assert.That((actual.SourceIp, actual.SourcePort), Is.EqualTo((address, client.Number)));
        Assert.That((actual.Connection.Outcome, actual.Connection.ReturnCode), Is.EqualTo((Outcome.Connected, 0)));
        Assert.That(actual.Connection.HandshakeTime, Is.Null);
    }

    [Test]
    public void Udp_NoRoute_Failed()
    {
        var client = _namespace.Python("c = socket.socket(type=socket.SOCK_DGRAM); print(c.connect_ex(('192.0.2.1', 53)))");

        var actual = _kernel.Find(e => e.Pid == client.Pid);

        Assert.That(client.Output, Is.EqualTo("101"));
        Assert.That((actual.Connection.Outcome, actual.Destination), Is.EqualTo((Outcome.Failed, "192.0.2.1:53")));
        AssertSeesReturn("dgram_connect_exit", actual.Connection, "ENETUNREACH", -101);
    }

    [Test]
    public void Udp_ConnectedAgainAndAgain_OneEventEach()
    {
        var client = _namespace.Python("""
            c = socket.socket(type=socket.SOCK_DGRAM)
            for port in range(6000, 6010): c.connect(('127.0.0.1', port))
            """);

        _kernel.Find(e => e.Pid == client.Pid && e.DestinationPort == 6009);

        var events = _kernel.Events.Where(e => e.Pid == client.Pid).ToList();
        Assert.That(events.Select(e => e.DestinationPort), Is.EquivalentTo(Enumerable.Range(6000, 10)));
        Assert.That(events.Select(e => e.Connection.Outcome), Is.All.EqualTo(Outcome.Connected));
    }

    [Test]
    public void Unix_IsNoEvent()
    {
        var client = _namespace.Python("""
            s = socket.socket(socket.AF_UNIX); s.connect_ex('/does/not/exist')
            c = socket.socket(); c.connect_ex(('127.0.0.1', 1))
            """);

        _kernel.Find(e => e.Pid == client.Pid);

        Assert.That(_kernel.Events.Count(e => e.Pid == client.Pid), Is.EqualTo(1));
        if (useSyscalls || _kernel.IsActive("connect_unix"))
        {
            Assert.That(_kernel.Pipelines[0].Monitor.Counters.Read().Filtered, Is.GreaterThan(0));
        }
    }

    // Where no hook sees the return of connect(), a failure has no name.
    private void AssertSeesReturn(string hook, ConnectionDetail detail, string error, int returnCode)
    {
        if (useSyscalls || _kernel.IsActive(hook))
        {
            Assert.That((detail.Error, detail.ReturnCode), Is.EqualTo((error, returnCode)));
        }
        else
        {
            Assert.That((detail.Error, detail.HasReturnCode), Is.EqualTo(("", false)));
        }
    }
}
