using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Outcome = Monitor.V1.DnsDetail.Types.Outcome;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>A server that is slow, or lies; and more questions than anybody asks.</summary>
[RequiresKernel]
internal sealed class DnsHostileTests
{
    private NetworkNamespace _namespace = null!;

    [SetUp]
    public void SetUp() => _namespace = new NetworkNamespace();

    [TearDown]
    public void TearDown() => _namespace.Dispose();

    [Test]
    public void SlowServer_Latency_IsItsDelay()
    {
        using var server = NameServer.Python(_namespace, "time.sleep(0.3); return q[:2] + b'\\x81\\x80' + q[4:]");
        using var kernel = Watch();

        var client = _namespace.Python(NameServer.Client + "assert ask('slow.test')");

        var detail = kernel.Find(e => e.Pid == client.Pid).Dns;
        Assert.That(detail.Latency.ToTimeSpan(), Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(0.3)));
        AssertBalances(kernel);
    }

    [TestCase("q[:2] + b'\\x81\\x80\\0\\x01\\xff\\xff\\0\\0\\0\\0' + q[12:]", true, TestName = "HostileServer_CountsThatLie_IsOneEventWithTheQuestion")]
    [TestCase("q[:2] + b'\\x81\\x80\\0\\x01\\0\\x01\\0\\0\\0\\0' + q[12:] + b'\\xc0' + bytes([len(q)]) + bytes(10)", true, TestName = "HostileServer_NameThatLeadsToItself_IsOneEventWithTheQuestion")]
    [TestCase("q[:2] + b'\\x81\\x80' + os.urandom(1000)", true, TestName = "HostileServer_Noise_IsOneEventWithTheQuestion")]
    [TestCase("q[:2] + b'\\x81\\x80' + q[4:] + bytes(60000)", true, TestName = "HostileServer_MoreThanIsLookedAt_IsOneEventWithTheQuestion")]
    [TestCase("q[:2] + b'\\x81\\x80\\0\\0\\0\\0\\0\\0\\0\\0'", false, TestName = "HostileServer_NoQuestion_IsOneEventWithTheQuestion")]
    public void HostileServer_AnyAnswer_IsOneEventWithTheQuestion(string answer, bool incomplete)
    {
        using var server = NameServer.Python(_namespace, $"return {answer}");
        using var kernel = Watch();

        var client = _namespace.Python(NameServer.Client + "assert ask('victim.test')");

        var detail = kernel.Find(e => e.Pid == client.Pid).Dns;
        Assert.That((detail.Outcome, detail.Name), Is.EqualTo((Outcome.Answered, "victim.test")));
        Assert.That(detail.Incomplete, Is.EqualTo(incomplete));
        AssertBalances(kernel);
    }

    [Test]
    public void HostileServer_AnswersThrice_OneEvent()
    {
        using var server = NameServer.Python(_namespace, """
            a = q[:2] + b'\x81\x80' + q[4:]
            for n in range(3): s.sendto(a, sender)
            """);
        using var kernel = Watch();

        var client = _namespace.Python(NameServer.Client + "assert ask('thrice.test', 1, 1, connect=False); assert ask('thrice.test', 1, 2)");
        kernel.Find(e => e.Pid == client.Pid && e.Dns.TransactionId == 2);
        kernel.Stop();

        Assert.That(kernel.Events.Count(e => e.Pid == client.Pid), Is.EqualTo(2));
        AssertBalances(kernel);
    }

    [Test]
    public void Tcp_AnswerOf64KiB_IsIncomplete()
    {
        using var kernel = Watch();

        var client = _namespace.Python(NameServer.Client + """
            l = socket.socket(); l.bind(('127.0.0.1', 53)); l.listen()
            if os.fork() == 0:
                c, _ = l.accept(); q = c.recv(512)[2:]
                r = q[:2] + b'\x81\x80\0\x01\x0f\xff\0\0\0\0' + q[12:] + b'\xc0\x0c\0\x01\0\x01\0\0\0\0\0\x04\xc0\0\x02\x01' * 4095
                c.sendall(b'\xff\xff' + r[:65535].ljust(65535, b'\0'))
                os._exit(0)
            assert len(ask('huge.test', tcp=True)) >= 65535
            """);

        var detail = kernel.Find(e => e.Pid == client.Pid).Dns;
        Assert.That((detail.Name, detail.Incomplete, detail.AnswerCount), Is.EqualTo(("huge.test", true, 4095u)));
        Assert.That(detail.Answers, Has.Count.EqualTo(16).And.All.EqualTo("192.0.2.1"));
        AssertBalances(kernel);
    }

    [Test]
    public void Tcp_LengthInASegmentOfItsOwn_IsSeen()
    {
        using var kernel = Watch();

        var client = _namespace.Python(NameServer.Client + """
            l = socket.socket(); l.bind(('127.0.0.1', 53)); l.listen()
            c = socket.socket(); c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1); c.connect(('127.0.0.1', 53))
            q = message('apart.test')
            c.send(struct.pack('!H', len(q))); c.send(q)
            a, _ = l.accept(); a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            r = q[:2] + b'\x81\x83' + q[4:]
            a.send(struct.pack('!H', len(r))); a.send(r)
            while len(c.recv(512)) < len(r): pass
            """);

        var detail = kernel.Find(e => e.Pid == client.Pid).Dns;
        Assert.That((detail.Name, detail.ResponseCode, detail.Incomplete), Is.EqualTo(("apart.test", "NXDOMAIN", false)));
        AssertBalances(kernel);
    }

    [Test]
    public void Ipv6_ExtensionHeaders_AreFollowed()
    {
        // Destination options in front of UDP, as the socket's option makes them.
        using var kernel = Watch(TimeSpan.FromMilliseconds(200));

        var client = _namespace.Python(NameServer.Client + """
            s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, bytes([0, 0, 1, 4, 0, 0, 0, 0]))
            s.sendto(message('options.test'), ('::1', 53))
            """);

        Assert.That(kernel.Find(e => e.Pid == client.Pid).Dns.Name, Is.EqualTo("options.test"));
        AssertBalances(kernel);
    }

    [Test]
    public void Filters_LeaveOutAndLimit_Balance()
    {
        using var kernel = WatchedKernel.WithRateLimit(
            new KernelFilter { NetworkNamespace = _namespace.Inode }, 10, new DnsMonitor { AnswerTimeout = TimeSpan.FromMilliseconds(200) });
        using var outside = new NetworkNamespace();

        var program = NameServer.Client + """
            s = socket.socket(type=socket.SOCK_DGRAM)
            for n in range(1000): s.sendto(message('limit.test', id=n), ('127.0.0.1', 53))
            """;
        outside.Python(program);
        var client = _namespace.Python(program);
        kernel.Find(e => e.Pid == client.Pid);
        AssertBalances(kernel);

        var counters = kernel.Pipelines[0].Monitor.Counters.Read();
        Assert.That(counters.Filtered, Is.GreaterThanOrEqualTo(1000));
        Assert.That(counters.RateLimited, Is.InRange(900, 990));
    }

    [Test]
    public void Storm_MoreQuestionsThanCanWait_BalancesToZero()
    {
        const int asked = 60_000;
        using var kernel = Watch(TimeSpan.FromMinutes(10));

        // The server answers every second question; numbers come again before they are answered.
        _namespace.Python(NameServer.Client + $"""
            a = socket.socket(type=socket.SOCK_DGRAM); a.bind(('127.0.0.1', 53)); a.settimeout(10)
            q = message('storm.test')
            for n in range({asked} // 1000):
                s = socket.socket(type=socket.SOCK_DGRAM); s.connect(('127.0.0.1', 53))
                for i in range(1000):
                    s.send(struct.pack('!H', i % 900) + q[2:])
                    m, sender = a.recvfrom(512)
                    if i % 2: a.sendto(m[:2] + b'\x81\x80' + m[4:], sender)
            """);
        kernel.Stop();

        var pipeline = kernel.Pipelines[0];
        var counters = pipeline.Monitor.Counters.Read();
        Assert.That(counters.Produced - counters.Filtered + counters.Pending, Is.EqualTo(asked), "each is an event, lost, or waits");
        Assert.That(counters.Lost, Is.GreaterThan(0), "no room was left for some");
        Assert.That(counters.Pending, Is.EqualTo(16_384));
        Assert.That(WatchedKernel.Imbalance(pipeline), Is.Zero);
        Assert.That(kernel.Losses.Aggregate(0ul, (sum, loss) => sum + loss.Count), Is.EqualTo(counters.Lost), "every loss is in the log");
    }

    private WatchedKernel Watch(TimeSpan? timeout = null) => WatchedKernel.With(
        new KernelFilter { NetworkNamespace = _namespace.Inode }, new DnsMonitor { AnswerTimeout = timeout ?? TimeSpan.FromSeconds(5) });

    private static void AssertBalances(WatchedKernel kernel)
    {
        kernel.Stop();
        Assert.That(kernel.Pipelines.Select(WatchedKernel.Imbalance), Is.All.Zero);
    }
}
