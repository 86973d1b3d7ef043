using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Bpf.Btf;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>Real drops in a network namespace of the test's own.</summary>
[RequiresKernel]
internal sealed class PacketDropTests
{
    // Kernels before 5.17 give no reason, and later ones more and more of them.
    private static readonly HashSet<string> Reasons = [.. KernelBtf.TryOpen()?.FindEnum("skb_drop_reason")?.Select(reason => reason.Name) ?? []];

    private NetworkNamespace _namespace = null!;
    private WatchedKernel _kernel = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        _namespace = new NetworkNamespace();
        // First: what a module drops that has just been loaded has no name in the first second.
        _namespace.Nft("""
            add table inet t; add chain inet t out { type filter hook output priority 0; };
            add rule inet t out udp dport { 9001, 9002 } drop
            """);
        _kernel = new WatchedKernel(new KernelFilter { NetworkNamespace = _namespace.Inode }, false, "packet_drop");
    }

    [OneTimeTearDown]
    public void TearDown()
    {
        _kernel.Stop();
        Assert.That(_kernel.Pipelines.Select(WatchedKernel.Imbalance), Is.All.Zero);
        _kernel.Dispose();
        _namespace.Dispose();
    }

    [TestCase("AF_INET", "127.0.0.1", "IPv4", 9001u)]
    [TestCase("AF_INET6", "::1", "IPv6", 9002u)]
    public void Udp_DroppedByNftOnTheWayOut_NamesTheProcess(string family, string address, string shownFamily, uint port)
    {
        var sender = _namespace.Python($"""
            s = socket.socket(socket.{family}, socket.SOCK_DGRAM); s.bind(('{address}', 0)); print(s.getsockname()[1])
            try: s.sendto(b'x' * 10, ('{address}', {port}))
            except OSError: pass
            """);

        var actual = _kernel.Find(e => e.DestinationPort == port);

        Assert.That((actual.Pid, actual.Tid, actual.Command), Is.EqualTo((sender.Pid, sender.Pid, "python3")));
        Assert.That((actual.AddressFamily, actual.Protocol), Is.EqualTo((shownFamily, "UDP")));
        Assert.That((actual.SourceIp, actual.SourcePort), Is.EqualTo((address, sender.Number)));
        Assert.That(actual.NetworkNamespace, Is.EqualTo(_namespace.Inode));
        var detail = actual.PacketDrop;
        Assert.That((detail.Reason, detail.Length), Is.EqualTo((Reason("NETFILTER_DROP"), shownFamily == "IPv4" ? 38u : 58u)));
        Assert.That(detail.HasReasonCode, Is.EqualTo(Reasons.Count > 0));
        Assert.That(detail.Symbol, Does.Match("^nf_hook_slow|^nft_do_chain|^ip_local_out|^__ip_local_out"));
    }

    [Test]
    public void Udp_NoListener_DroppedInSoftirqWithoutProcess()
    {
        _namespace.Python("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9003))");

        var actual = _kernel.Find(e => e.DestinationPort == 9003);

        Assert.That(actual.PacketDrop.Reason, Is.EqualTo(Reason("NO_SOCKET")));
        // Since 7.x the one is within the other.
        Assert.That(actual.PacketDrop.Symbol, Does.Match("^(__udp4_lib_rcv|udp_rcv)\\+0x"));
        var explanation = DropReasons.Find(actual.PacketDrop.Reason)!.Value;
        Assert.That((actual.PacketDrop.Severity, actual.PacketDrop.Explanation), Is.EqualTo((explanation.Severity, explanation.Text)));
        Assert.That((actual.PacketDrop.Interface, actual.PacketDrop.InterfaceIndex), Is.EqualTo(("lo", 1u)));
        Assert.That(actual.HasPid || actual.HasTid || actual.HasUid || actual.HasCommand, Is.False);
    }

    [Test]
    public void Tcp_NoListener_NoSocket()
    {
        _namespace.Python("socket.socket().connect_ex(('127.0.0.1', 9004))");

        var actual = _kernel.Find(e => e.DestinationPort == 9004);

        Assert.That((actual.Protocol, actual.PacketDrop.Reason), Is.EqualTo(("TCP", Reason("NO_SOCKET"))));
    }

    [Test]
    public void Udp_ReceiveBufferFull_SocketRcvbuff()
    {
        _namespace.Python("""
            r = socket.socket(type=socket.SOCK_DGRAM); r.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2000); r.bind(('127.0.0.1', 9005))
            s = socket.socket(type=socket.SOCK_DGRAM)
            for i in range(5): s.sendto(b'x' * 1000, ('127.0.0.1', 9005))
            """);

        var actual = _kernel.Find(e => e.DestinationPort == 9005 && e.PacketDrop.Reason == Reason("SOCKET_RCVBUFF"));

        Assert.That(actual.PacketDrop.Length, Is.EqualTo(1000));
    }

    [Test]
    public void Ipv6_ExtensionHeaders_AreFollowedToThePorts()
    {
        // Hop-by-hop and destination options, then UDP to a port nobody listens on.
        _namespace.Python("""
            s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 255)
            udp = struct.pack('!HHHH', 1111, 9006, 8, 0)
            options = lambda following: bytes([following, 0, 1, 4, 0, 0, 0, 0])
            payload = options(60) + options(17) + udp
            header = struct.pack('!IHBB', 6 << 28, len(payload), 0, 64) + socket.inet_pton(socket.AF_INET6, '::1') * 2
            s.sendto(header + payload, ('::1', 0))
            """);

        var actual = _kernel.Find(e => e.SourcePort == 1111);

        Assert.That((actual.Protocol, actual.DestinationPort, actual.Destination), Is.EqualTo(("UDP", 9006u, "[::1]:9006")));
    }

    [Test]
    public void Ip_UnknownProtocol_IsShownByNumber()
    {
        // By a socket that brings its own header: one for protocol 253 would receive the packet itself.
        _namespace.Python("""
            header = struct.pack('!BBHHHBBH', 0x45, 0, 0, 0, 0, 64, 253, 0) + socket.inet_aton('127.0.0.1') + socket.inet_aton('127.0.0.9')
            socket.socket(socket.AF_INET, socket.SOCK_RAW, 255).sendto(header + b'xyz', ('127.0.0.9', 0))
            """);

        var actual = _kernel.Find(e => e.DestinationIp == "127.0.0.9" && e.Protocol == "253");

        Assert.That(actual.HasSourcePort || actual.HasDestinationPort, Is.False);
        Assert.That(actual.Destination, Is.EqualTo("127.0.0.9"));
    }

    [Test]
    public void Tcp_HeaderCutShort_GivesWhatCanBeRead()
    {
        // An IPv4 packet that says TCP, with two bytes behind its header.
        _namespace.Python("s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 6); s.sendto(b'xy', ('127.0.0.10', 0))");

        var actual = _kernel.Find(e => e.DestinationIp == "127.0.0.10");

        Assert.That((actual.Protocol, actual.HasDestinationPort), Is.EqualTo(("TCP", false)));
    }

    [Test]
    public void Ip_PaddingBehindThePacket_IsNoPorts()
    {
        // From a bridge that an Ethernet frame of 60 bytes comes to: an IPv4 packet of 22 bytes, the rest is padding.
        AddLink("pad0", "pad1");
        _namespace.Python("""
            mac = open('/sys/class/net/pad1/address').read().strip().replace(':', '')
            header = struct.pack('!BBHHHBBH', 0x45, 0, 22, 0, 0, 64, 17, 0) + socket.inet_aton('192.0.2.7') + socket.inet_aton('192.0.2.8')
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('pad0', 0))
            s.send(bytes.fromhex(mac) + bytes(6) + b'\x08\x00' + header + b'ab' + b'padding' * 4)
            """);

        var actual = _kernel.Find(e => e.DestinationIp == "192.0.2.8");

        Assert.That((actual.Protocol, actual.HasDestinationPort), Is.EqualTo(("UDP", false)));
    }

    [Test]
    public void Ip_HeaderShorterThanItCanBe_HasNoPorts()
    {
        AddLink("ihl0", "ihl1");
        _namespace.Python("""
            mac = open('/sys/class/net/ihl1/address').read().strip().replace(':', '')
            header = struct.pack('!BBHHHBBH', 0x42, 0, 28, 0, 0, 64, 17, 0) + socket.inet_aton('192.0.2.9') + socket.inet_aton('192.0.2.10')
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('ihl0', 0))
            s.send(bytes.fromhex(mac) + bytes(6) + b'\x08\x00' + header + bytes(8))
            """);

        var actual = _kernel.Find(e => e.DestinationIp == "192.0.2.10");

        Assert.That((actual.Protocol, actual.HasDestinationPort), Is.EqualTo(("UDP", false)));
        Assert.That(actual.PacketDrop.Interface, Is.EqualTo("ihl1"));
    }

    [Test]
    public void Icmp_NobodyWaits_HasTypeAndCode()
    {
        // An echo reply that nobody asked for.
        _namespace.Python("s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); s.sendto(struct.pack('!BBHHH', 0, 0, 0xffff, 0, 0), ('127.0.0.11', 0)); s.close()");

        var actual = _kernel.Find(e => e.DestinationIp == "127.0.0.11");

        Assert.That((actual.Protocol, actual.PacketDrop.IcmpType, actual.PacketDrop.IcmpCode), Is.EqualTo(("ICMP", 0u, 0u)));
    }

    [Test]
    public void UnixSockets_ThrowingMessagesAway_AreNoDrops()
    {
        _namespace.Python("""
            a, b = socket.socketpair(); a.send(b'unread'); b.close(); a.close()
            socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9007))
            """);

        _kernel.Find(e => e.DestinationPort == 9007);

        Assert.That(_kernel.Events.Where(e => !e.HasDestinationIp && !e.PacketDrop.HasEthernetProtocol), Is.Empty);
    }

    private void AddLink(string name, string peer)
    {
        _namespace.Execute("ip", "link", "add", name, "type", "veth", "peer", "name", peer);
        _namespace.Execute("ip", "link", "set", name, "up");
        _namespace.Execute("ip", "link", "set", peer, "up");
    }

    // What the running kernel can say of it.
    private static string Reason(string name) =>
        Reasons.Count == 0 ? "NOT_SPECIFIED" : Reasons.Contains($"SKB_DROP_REASON_{name}") ? name : throw new AssertionException($"this kernel has no {name}");
}
