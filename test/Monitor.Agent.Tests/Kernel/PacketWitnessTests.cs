using System.Globalization;
using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.V1;
using Outcome = Monitor.V1.DnsDetail.Types.Outcome;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>What is told of connections and questions, against what `tshark` finds in their packets.</summary>
[RequiresKernel]
internal sealed class PacketWitnessTests
{
    private NetworkNamespace _namespace = null!;

    [SetUp]
    public void SetUp() => _namespace = new NetworkNamespace();

    [TearDown]
    public void TearDown() => _namespace.Dispose();

    [Test]
    public void Connections_OnALinkThatLosesPackets_AreWhatTsharkFinds()
    {
        using var kernel = new WatchedKernel(
            new KernelFilter { NetworkNamespace = _namespace.Inode }, false, "connection", "accept", "close", "retransmit", "reset");
        using var capture = new PacketCapture(_namespace);
        _namespace.Nft("""
            add table inet t
            add chain inet t i { type filter hook input priority 0; }
            add rule inet t i meta length > 500 numgen inc mod 10 3 drop
            """);

        // Each third one breaks off; the last port has nobody.
        _namespace.Python("""
            l = socket.socket(); l.bind(('127.0.0.1', 7300)); l.listen()
            for n in range(6):
                c = socket.socket(); c.connect(('127.0.0.1', 7300)); s, _ = l.accept()
                c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for i in range(5 + n): c.sendall(b'x' * 1000); s.recv(1000, socket.MSG_WAITALL)
                if n % 3 == 2: c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                c.close(); s.close()
            assert socket.socket().connect_ex(('127.0.0.1', 7301))
            """);

        var closes = kernel.FindAll(e => e.Close is not null, 12).Where(e => e.Close.Direction == ConnectionDirection.Outbound).ToList();
        kernel.FindAll(e => e.Connection is not null, 7);
        capture.Stop();
        kernel.Stop();

        Assert.That(
            kernel.Events.Where(e => e.Connection is not null).Select(e => $"{e.SourcePort} {e.DestinationPort}"),
            Is.EquivalentTo(Streams(capture, "tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.srcport", "tcp.dstport")));
        Assert.That(
            kernel.Events.Where(e => e.Reset is { Sent: true }).Select(e => e.DestinationPort).Order(),
            Is.EqualTo(capture.Read("tcp.flags.reset == 1", "tcp.srcport", "tcp.dstport").Select(ports => ports.Select(Number).Min()).Order()));
        var again = capture.Read("tcp.analysis.retransmission || tcp.analysis.fast_retransmission", "tcp.srcport").Select(port => Number(port[0])).ToList();
        Assert.That(again, Is.Not.Empty);
        foreach (var close in closes)
        {
            Assert.That(close.Close.Retransmits, Is.EqualTo(again.Count(port => port == close.SourcePort)));
            Assert.That(
                kernel.Events.Where(e => e.Retransmit is not null && e.ConnectionId == close.ConnectionId).Sum(e => e.Retransmit.Count),
                Is.EqualTo(close.Close.Retransmits));
            var sent = capture.Read($"tcp.srcport == {close.SourcePort} && tcp.len > 0", "tcp.seq", "tcp.len").Select(packet => Number(packet[0]) + Number(packet[1]) - 1);
            Assert.That(close.Close.BytesSent, Is.EqualTo(sent.Max()));
        }

        Assert.That(kernel.Pipelines.Select(WatchedKernel.Imbalance), Is.All.Zero);
    }

    [Test]
    public void Questions_AnsweredLateOrNever_AreWhatTsharkFinds()
    {
        using var server = NameServer.Python(_namespace, """
            if b'never' in q: return b''
            if b'late' in q: time.sleep(0.3)
            return q[:2] + (b'\x81\x83' if b'none' in q else b'\x81\x80') + q[4:]
            """);
        using var kernel = WatchedKernel.With(
            new KernelFilter { NetworkNamespace = _namespace.Inode }, new DnsMonitor { AnswerTimeout = TimeSpan.FromSeconds(2) });
        using var capture = new PacketCapture(_namespace);
        _namespace.Python(NameServer.Client + """
            for i, name in enumerate(['now.test', 'late.test', 'none.test', 'never.test', 'again.now.test', 'late.none.test']):
                ask(name, id=100 + i, timeout=1)
            """);

        var events = kernel.FindAll(e => e.Dns is not null, 6);
        capture.Stop();
        kernel.Stop();

        var asked = capture.Read("dns.flags.response == 0", "dns.id", "dns.qry.name").ToDictionary(packet => Number(packet[0]), packet => packet[1]);
        var answered = capture.Read("dns.flags.response == 1", "dns.id", "dns.time", "dns.flags.rcode").ToDictionary(packet => Number(packet[0]));
        Assert.That(events.ToDictionary(e => (ulong)e.Dns.TransactionId, e => e.Dns.Name), Is.EqualTo(asked));
        Assert.That(
            events.Where(e => e.Dns.Outcome == Outcome.Answered).Select(e => (ulong)e.Dns.TransactionId), Is.EquivalentTo(answered.Keys));
        foreach (var detail in events.Select(e => e.Dns).Where(detail => detail.Outcome == Outcome.Answered))
        {
            var packet = answered[detail.TransactionId];
            var seconds = double.Parse(packet[1], CultureInfo.InvariantCulture);
            Assert.That(detail.Latency.ToTimeSpan(), Is.EqualTo(TimeSpan.FromSeconds(seconds)).Within(TimeSpan.FromMilliseconds(20)));
            Assert.That(detail.ResponseCode, Is.EqualTo(Number(packet[2]) == 3 ? "NXDOMAIN" : "NOERROR"));
        }

        Assert.That(kernel.Pipelines.Select(WatchedKernel.Imbalance), Is.All.Zero);
    }

    // A SYN that is sent again is of the same attempt.
    private static IEnumerable<string> Streams(PacketCapture capture, string filter, params string[] fields) =>
        capture.Read(filter, fields).Select(packet => string.Join(' ', packet)).Distinct();

    // Decimal, or hexadecimal as the numbers of messages are.
    private static ulong Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.Parse(text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : ulong.Parse(text, CultureInfo.InvariantCulture);
}
