using System.Globalization;
using System.Text.RegularExpressions;
using Monitor.Agent.Loading;
using Monitor.V1;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>What is told of connections, against what the kernel counts itself: `ss`, `nstat`, a link of a known speed.</summary>
[RequiresKernel]
internal sealed class TcpWitnessTests
{
    private NetworkNamespace _namespace = null!;
    private WatchedKernel _kernel = null!;

    [SetUp]
    public void SetUp()
    {
        _namespace = new NetworkNamespace();
        _kernel = new WatchedKernel(
            new KernelFilter { NetworkNamespace = _namespace.Inode }, false, "connection", "accept", "close", "retransmit", "reset");
    }

    [TearDown]
    public void TearDown()
    {
        _kernel.Stop();
        Assert.That(_kernel.Pipelines.Select(WatchedKernel.Imbalance), Is.All.Zero);
        _kernel.Dispose();
        _namespace.Dispose();
    }

    [Test]
    public void Close_OfAConnectionThatSsShowed_SaysTheSame()
    {
        // Reset at once, so that nothing more is sent or received than ss saw.
        var output = _namespace.Python("""
            import subprocess
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen(); port = l.getsockname()[1]
            c = socket.socket(); c.connect(('127.0.0.1', port)); s, _ = l.accept()
            for i in range(30):
                c.sendall(b'q' * 1000); s.recv(1000, socket.MSG_WAITALL); s.sendall(b'a' * 20000); c.recv(20000, socket.MSG_WAITALL)
            time.sleep(0.3) # until the last acknowledgements
            print(port)
            print(subprocess.check_output(['ss', '-tinHO', 'dport', '=', ':%d' % port]).decode())
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close(); s.close()
            """).Output.Split('\n');
        var port = uint.Parse(output[0], CultureInfo.InvariantCulture);
        var shown = output[1];

        var close = Close(port, ConnectionDirection.Outbound).Close;

        Assert.That(close.BytesSent, Is.EqualTo(30_000).And.EqualTo(Number(shown, "bytes_sent:(\\d+)")));
        // ss counts the SYN as acknowledged too.
        Assert.That(close.BytesAcknowledged, Is.EqualTo(Number(shown, "bytes_acked:(\\d+)") - 1));
        Assert.That(close.BytesReceived, Is.EqualTo(600_000).And.EqualTo(Number(shown, "bytes_received:(\\d+)")));
        Assert.That(close.SegmentsSent, Is.EqualTo(Number(shown, "segs_out:(\\d+)")));
        Assert.That(close.SegmentsReceived, Is.EqualTo(Number(shown, "segs_in:(\\d+)")));
        Assert.That(close.SmoothedRtt.ToTimeSpan(), Is.EqualTo(Milliseconds(shown, " rtt:([\\d.]+)/")));
        Assert.That(close.MinimumRtt.ToTimeSpan(), Is.EqualTo(Milliseconds(shown, "minrtt:([\\d.]+)")));
    }

    [Test]
    public void Resets_OfAllKinds_AreAsManyAsTheKernelCounts()
    {
        _namespace.Python("""
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
            linger = struct.pack('ii', 1, 0)
            for i in range(10):
                c = socket.socket(); c.connect(l.getsockname()); s, _ = l.accept()
                first, last = (c, s) if i % 2 else (s, c)
                first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger); first.close(); last.close()
            closed = socket.socket(); closed.bind(('127.0.0.1', 0))
            for i in range(5): socket.socket().connect_ex(closed.getsockname())
            for i in range(5): # unread data
                c = socket.socket(); c.connect(l.getsockname()); s, _ = l.accept(); c.sendall(b'x'); s.close(); c.close()
            """);

        // Before 6.10 (19822a980e19) the kernel tells nobody of answers to what belongs to no connection.
        var told = (int)Count("TcpOutRsts") - (Environment.OSVersion.Version < new Version(6, 10) ? 5 : 0);
        var sent = _kernel.FindAll(e => e.Reset is { Sent: true }, told);

        Assert.That(sent, Has.Count.EqualTo(told).And.Count.GreaterThanOrEqualTo(15));
        Assert.That(_kernel.FindAll(e => e.Reset is { Sent: false }, (int)Count("TcpOutRsts")), Has.Count.EqualTo(Count("TcpOutRsts")), "on loopback each one arrives");
        Assert.That(_kernel.Events.Count(e => e.Connection is { Error: "ECONNREFUSED" }), Is.EqualTo(5));
    }

    [Test]
    public void SlowLink_RoundTripTimeOfItsConnections_Rises()
    {
        var fast = RttOf(Transfer(20_000));
        // Each segment takes 60 ms, and waits for at least one before it: how many the kernel lets wait differs.
        _namespace.Execute("ip", "link", "set", "lo", "mtu", "1500", "gso_max_segs", "1");
        _namespace.Execute("tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "200kbit", "burst", "5kb", "limit", "1mb");
        var slow = RttOf(Transfer(40_000));

        Assert.That(fast, Is.LessThan(TimeSpan.FromMilliseconds(20)));
        Assert.That(slow, Is.GreaterThan(TimeSpan.FromMilliseconds(50)).And.GreaterThan(4 * fast));
    }

    [Test]
    public void Translated_ToAnotherPort_AttemptAndAcceptHaveWhatTheirSideKnows()
    {
        _namespace.Nft("add table ip nat; add chain ip nat out { type nat hook output priority -100; }");
        var run = _namespace.Python("""
            import subprocess
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen(); port = l.getsockname()[1]
            subprocess.check_call(['nft', 'add rule ip nat out tcp dport 4499 dnat to 127.0.0.1:%d' % port])
            c = socket.socket(); c.connect(('127.0.0.1', 4499)); s, _ = l.accept(); s.sendall(b'translated')
            c.recv(100, socket.MSG_PEEK); own = c.getsockname()[1]; s.close()
            while c.recv(100): pass
            c.close(); print(port, own)
            """).Output.Split(' ').Select(number => uint.Parse(number, CultureInfo.InvariantCulture)).ToArray();

        var attempt = _kernel.Find(e => e.Connection is not null && e.DestinationPort == 4499);
        var accept = _kernel.Find(e => e.Accept is not null && e.DestinationPort == run[0]);
        var outbound = Close(4499, ConnectionDirection.Outbound);
        var inbound = Close(run[0], ConnectionDirection.Inbound);

        Assert.That(new[] { attempt, accept, outbound, inbound }.Select(e => e.SourcePort), Is.All.EqualTo(run[1]));
        Assert.That(outbound.ConnectionId, Is.EqualTo(attempt.ConnectionId).And.Not.EqualTo(accept.ConnectionId));
        Assert.That((outbound.Close.BytesReceived, inbound.Close.BytesSent), Is.EqualTo((10ul, 10ul)));
    }

    // One reads while the other sends, whatever fits into the buffers of the kernel.
    private uint Transfer(int bytes) => _namespace.Python($"""
        import threading
        l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
        c = socket.socket(); c.connect(l.getsockname()); s, _ = l.accept()
        sending = threading.Thread(target=c.sendall, args=(b'x' * {bytes},)); sending.start()
        s.recv({bytes}, socket.MSG_WAITALL); sending.join(); c.close(); s.recv(1); s.close(); print(l.getsockname()[1])
        """).Number;

    private TimeSpan RttOf(uint port) => Close(port, ConnectionDirection.Outbound).Close.SmoothedRtt.ToTimeSpan();

    private Event Close(uint port, ConnectionDirection direction) =>
        _kernel.Find(e => e.Close is not null && e.DestinationPort == port && e.Close.Direction == direction);

    // What the namespace counted since it was made.
    private long Count(string counter) => long.Parse(
        Regex.Match(_namespace.Execute("nstat", "-asz", counter).Output, $"{counter}\\s+(\\d+)").Groups[1].Value, CultureInfo.InvariantCulture);

    private static ulong Number(string line, string pattern) =>
        ulong.Parse(Regex.Match(line, pattern).Groups[1].Value, CultureInfo.InvariantCulture);

    private static TimeSpan Milliseconds(string line, string pattern) => TimeSpan.FromMicroseconds(
        Math.Round(double.Parse(Regex.Match(line, pattern).Groups[1].Value, CultureInfo.InvariantCulture) * 1000));
}
