using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.V1;
using Outcome = Monitor.V1.DnsDetail.Types.Outcome;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>Real questions to a real name server, in a network namespace of the test's own.</summary>
[RequiresKernel]
internal sealed class DnsTests
{
    private static readonly TimeSpan AnswerTimeout = Limit.OfSeconds(1);

    private NetworkNamespace _namespace = null!;
    private NameServer _server = null!;
    private NameServer _forwarder = null!;
    private WatchedKernel _kernel = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        _namespace = new NetworkNamespace();
        _namespace.Execute("ip", "address", "add", "192.0.2.1/24", "dev", "lo");
        _server = NameServer.Dnsmasq(
            _namespace, 53, "--host-record=www.test,192.0.2.1,2001:db8::1", "--cname=alias.test,www.test",
            $"--txt-record=long.test,{string.Join(',', Enumerable.Repeat(new string('x', 100), 8))}");
        _forwarder = NameServer.Dnsmasq(_namespace, 5353, "--server=/forwarded.test/127.0.0.1#53");
        _kernel = WatchedKernel.With(
            new KernelFilter { NetworkNamespace = _namespace.Inode },
            new ConnectionMonitor(), new DnsMonitor { Ports = [53, 5353], AnswerTimeout = AnswerTimeout });
    }

    [OneTimeTearDown]
    public void TearDown()
    {
        _forwarder.Dispose();
        _server.Dispose();
        _kernel.Stop();
        Assert.That(_kernel.Pipelines.Select(WatchedKernel.Imbalance), Is.All.Zero);
        _kernel.Dispose();
        _namespace.Dispose();
    }

    [TestCase("127.0.0.1", "IPv4", "127.0.0.1:53", true)]
    [TestCase("127.0.0.1", "IPv4", "127.0.0.1:53", false)]
    [TestCase("::1", "IPv6", "[::1]:53", true)]
    [TestCase("::1", "IPv6", "[::1]:53", false)]
    public void Udp_Answered_HasNameAnswerAndProcess(string server, string family, string destination, bool connected)
    {
        var client = Ask($"assert ask('www.test', id=4660, server='{server}', connect={(connected ? "True" : "False")})");

        var actual = FindDns(client);

        Assert.That((actual.Command, actual.Uid, actual.Tid, actual.HasCgroupId), Is.EqualTo(("python3", 0u, client.Pid, true)));
        Assert.That((actual.Protocol, actual.AddressFamily, actual.Destination), Is.EqualTo(("UDP", family, destination)));
        Assert.That((actual.SourceIp, actual.HasSourcePort, actual.HasConnectionId), Is.EqualTo((server, true, true)));
        Assert.That(actual.NetworkNamespace, Is.EqualTo(_namespace.Inode));
        var detail = actual.Dns;
        Assert.That((detail.Outcome, detail.Name, detail.QueryType), Is.EqualTo((Outcome.Answered, "www.test", "A")));
        Assert.That((detail.ResponseCode, detail.TransactionId), Is.EqualTo(("NOERROR", 4660u)));
        Assert.That(detail.Answers, Is.EqualTo(["192.0.2.1"]));
        Assert.That(detail.Latency.ToTimeSpan(), Is.GreaterThan(TimeSpan.Zero).And.LessThan(Limit.OfSeconds(10)));
        Assert.That(_kernel.Events.Count(e => e.Type == "dns" && e.Pid == client.Pid), Is.EqualTo(1));
    }

    [TestCase(28, "www.test", "AAAA", "2001:db8::1")]
    [TestCase(1, "alias.test", "A", "www.test,192.0.2.1")]
    public void Udp_OtherRecords_AreListed(int type, string name, string shown, string answers)
    {
        var detail = FindDns(Ask($"assert ask('{name}', {type})")).Dns;

        Assert.That((detail.QueryType, string.Join(',', detail.Answers)), Is.EqualTo((shown, answers)));
    }

    [Test]
    public void Udp_NameThatDoesNotExist_Nxdomain()
    {
        var actual = FindDns(Ask("assert ask('no.such.test')"));

        Assert.That((actual.Dns.ResponseCode, actual.Dns.Answers.Count, actual.ReportsFailure()), Is.EqualTo(("NXDOMAIN", 0, true)));
    }

    [TestCase("127.0.0.1")]
    [TestCase("::1")]
    public void Truncated_AskedAgainOverTcp_TwoEvents(string server)
    {
        var client = Ask($"""
            a = ask('long.test', 16, 7, '{server}'); assert a[2] & 2
            assert len(ask('long.test', 16, 7, '{server}', tcp=True)) > 800
            """);

        var first = FindDns(client, e => e.Protocol == "UDP").Dns;
        var second = FindDns(client, e => e.Protocol == "TCP").Dns;

        Assert.That((first.Truncated, first.ResponseCode), Is.EqualTo((true, "NOERROR")));
        Assert.That((second.Truncated, second.Name, second.QueryType, second.AnswerCount), Is.EqualTo((false, "long.test", "TXT", 1u)));
        Assert.That(second.Answers[0], Does.StartWith("\"xxx"));
    }

    [Test]
    public void Tcp_QuestionsInOneSegment_AreAllSeen()
    {
        var client = Ask("""
            s = socket.create_connection(('127.0.0.1', 53))
            q = [message('www.test', id=n) for n in (1, 2, 3)]
            s.sendall(b''.join(struct.pack('!H', len(m)) + m for m in q))
            data = b''
            while data.count(b'\xc0\x00\x02\x01') < 3: data += s.recv(65536)
            """);

        var ids = new[] { 1u, 2u, 3u }.Select(id => FindDns(client, e => e.Dns.TransactionId == id).Dns.Answers.Single());

        Assert.That(ids, Is.All.EqualTo("192.0.2.1"));
    }

    [Test]
    public void Udp_DroppedByNft_Unanswered()
    {
        _namespace.Nft("add table inet t1; add chain inet t1 in { type filter hook input priority 0; }; add rule inet t1 in ip daddr 127.0.0.9 drop");

        var actual = FindDns(Ask("assert not ask('lost.test', server='127.0.0.9', timeout=0.1)"));

        Assert.That((actual.Dns.Outcome, actual.Dns.Name, actual.Dns.HasResponseCode), Is.EqualTo((Outcome.Unanswered, "lost.test", false)));
        Assert.That(actual.Dns.Latency.ToTimeSpan(), Is.GreaterThanOrEqualTo(AnswerTimeout));
        Assert.That(actual.ReportsFailure(), Is.True);
    }

    [Test]
    public void Udp_AskedAgainWithTheSameNumber_TheFirstIsUnanswered()
    {
        _namespace.Nft("add table inet t2; add chain inet t2 in { type filter hook input priority 0; }; add rule inet t2 in ip daddr 127.0.0.10 drop");

        var client = Ask("""
            s = socket.socket(type=socket.SOCK_DGRAM); s.connect(('127.0.0.10', 53))
            s.send(message('again.test')); s.send(message('again.test'))
            """);
        FindDns(client, e => e.Dns.Latency.ToTimeSpan() >= AnswerTimeout);

        var events = _kernel.Events.Where(e => e.Type == "dns" && e.Pid == client.Pid).Select(e => e.Dns.Outcome);
        Assert.That(events, Is.EqualTo([Outcome.Unanswered, Outcome.Unanswered]));
    }

    [Test]
    public void Udp_ServersAskedAtOnceUnderOneNumber_EachHasItsAnswer()
    {
        // As musl does it: one socket, one number, all servers; one of them does not answer.
        _namespace.Nft("add table inet t3; add chain inet t3 in { type filter hook input priority 0; }; add rule inet t3 in ip daddr 127.0.0.11 drop");

        var client = Ask("""
            s = socket.socket(type=socket.SOCK_DGRAM); s.settimeout(10)
            for server in ('127.0.0.11', '127.0.0.12', '127.0.0.13'): s.sendto(message('www.test'), (server, 53))
            s.recv(512); s.recv(512)
            """);

        Assert.That(FindDns(client, e => e.DestinationIp == "127.0.0.11").Dns.Outcome, Is.EqualTo(Outcome.Unanswered));
        Assert.That(FindDns(client, e => e.DestinationIp == "127.0.0.12").Dns.Answers, Is.EqualTo(["192.0.2.1"]));
        Assert.That(FindDns(client, e => e.DestinationIp == "127.0.0.13").Dns.Answers, Is.EqualTo(["192.0.2.1"]));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Udp_AddressTranslated_ShowsTheOneThatWasAsked(bool connected)
    {
        // As a service of Kubernetes does it.
        _namespace.Nft("""
            add table ip n; add chain ip n out { type nat hook output priority -100; };
            flush chain ip n out; add rule ip n out ip daddr 192.0.2.53 udp dport 53 dnat to 127.0.0.1:5353
            """);

        var actual = FindDns(Ask(
            $"assert ask('no.such.test', server='192.0.2.53', source=('127.0.0.1', 0), connect={(connected ? "True" : "False")})"));

        Assert.That((actual.Destination, actual.Dns.Outcome), Is.EqualTo(("192.0.2.53:53", Outcome.Answered)));
    }

    [Test]
    public void ServerThatForwards_TwoQuestionsAreTwoEvents()
    {
        var client = Ask("assert ask('host.forwarded.test', port=5353)");

        var own = FindDns(client);
        var forwarded = _kernel.Find(e => e.Type == "dns" && e.Pid == _forwarder.Pid && e.Dns.Name == "host.forwarded.test");

        Assert.That((own.DestinationPort, forwarded.DestinationPort), Is.EqualTo((5353u, 53u)));
        Assert.That(_kernel.Events.Count(e => e.Type == "dns" && e.Dns.Name == "host.forwarded.test"), Is.EqualTo(2));
    }

    [Test]
    public void TwoProcesses_SamePortAndNumber_EachHasItsAnswer()
    {
        // At the same time, from sockets that differ by their address only.
        var clients = Ask("""
            r, w = os.pipe()
            def one(source, name):
                s = socket.socket(type=socket.SOCK_DGRAM); s.settimeout(10); s.bind((source, 5000)); s.connect(('127.0.0.1', 53))
                s.send(message(name)); assert s.recv(512)
            pid = os.fork()
            if pid == 0: os.read(r, 1); one('127.0.0.21', 'www.test'); os._exit(0)
            os.write(w, b'x'); one('127.0.0.22', 'alias.test'); assert os.waitpid(pid, 0)[1] == 0; print(pid)
            """);

        Assert.That(_kernel.Find(e => e.Type == "dns" && e.Pid == clients.Number).Dns.Name, Is.EqualTo("www.test"));
        Assert.That(FindDns(clients).Dns.Name, Is.EqualTo("alias.test"));
    }

    [Test]
    public void Connect_AfterTheQuestion_HasTheName()
    {
        var client = Ask("assert ask('alias.test'); socket.socket().connect_ex(('192.0.2.1', 1))");
        var other = Ask("socket.socket().connect_ex(('192.0.2.1', 1))");

        var named = _kernel.Find(e => e.Type == "connection" && e.Pid == client.Pid && e.DestinationIp == "192.0.2.1");
        var unnamed = _kernel.Find(e => e.Type == "connection" && e.Pid == other.Pid);

        Assert.That(named.DestinationName, Is.EqualTo("alias.test"));
        Assert.That(unnamed.HasDestinationName, Is.False, "it did not ask");
    }

    private CommandResult Ask(string program) => _namespace.Python(NameServer.Client + program);

    private Event FindDns(CommandResult client, Func<Event, bool>? fits = null) =>
        _kernel.Find(e => e.Type == "dns" && e.Pid == client.Pid && (fits is null || fits(e)));
}
