using System.Runtime.InteropServices;
using Google.Protobuf.WellKnownTypes;
using Monitor.Agent.Monitors;
using Monitor.V1;

namespace Monitor.Agent.Tests.Decoding;

internal sealed class TcpMonitorTests
{
    private static TcpRecord Tcp => new()
    {
        Timestamp = Records.Timestamp,
        ConnectionId = 77,
        CgroupId = 4242,
        Pid = 100,
        Tid = 101,
        Uid = 1000,
        NetworkNamespace = 4026531833,
        Source = Records.Address("10.0.0.1"),
        Destination = Records.Address("10.0.0.2"),
        SourcePort = 40000,
        DestinationPort = 443,
        Flags = TcpFlags.Process | TcpFlags.Tracked,
        Direction = (byte)ConnectionDirection.Inbound,
        State = 1,
        Command = Records.Text("nginx"u8),
    };

    [Test]
    public void Decode_Accept_NamesTheListener()
    {
        var actual = Records.Decode(new AcceptMonitor(), new AcceptRecord { Tcp = Tcp })!;

        Assert.That((actual.Pid, actual.Tid, actual.Uid, actual.Command, actual.CgroupId), Is.EqualTo((100u, 101u, 1000u, "nginx", 4242ul)));
        Assert.That((actual.ConnectionId, actual.Protocol, actual.SocketType), Is.EqualTo((77ul, "TCP", "STREAM")));
        Assert.That((actual.SourceIp, actual.SourcePort, actual.Destination), Is.EqualTo(("10.0.0.1", 40000u, "10.0.0.2:443")));
        Assert.That(actual.Accept, Is.EqualTo(new AcceptDetail()));
    }

    [TestCase(TcpFlags.Waited, false)]
    [TestCase(TcpFlags.Waited | TcpFlags.Queued, true)]
    public void Decode_AcceptThatWasSeen_SaysHowLongItWaited(object flags, bool abandoned)
    {
        var record = new AcceptRecord { Tcp = Tcp, QueueNs = 1_500_000_000 };
        record.Tcp.Flags |= (TcpFlags)flags;

        var actual = Records.Decode(new AcceptMonitor(), record)!;

        Assert.That(actual.Accept.AcceptQueueTime, Is.EqualTo(Duration.FromTimeSpan(TimeSpan.FromSeconds(1.5))));
        Assert.That((actual.Accept.HasAbandoned, actual.Accept.Abandoned), Is.EqualTo((true, abandoned)));
        Assert.That(actual.ReportsFailure(), Is.EqualTo(abandoned));
    }

    [Test]
    public void Decode_Close_HasWhatTheConnectionCarried()
    {
        var actual = Records.Decode(new CloseMonitor(), new CloseRecord
        {
            Tcp = Tcp,
            DurationNs = 2_000_000_001,
            BytesSent = ulong.MaxValue,
            BytesAcknowledged = 10,
            SegmentsSent = 3,
            SegmentsReceived = 4,
            Retransmits = 1,
            SmoothedRttUs = 1500,
            MinimumRttUs = 900,
            Error = 104,
            Cause = (byte)CloseDetail.Types.Cause.RemoteReset,
        })!;

        Assert.That(actual.Close, Is.EqualTo(new CloseDetail
        {
            Cause = CloseDetail.Types.Cause.RemoteReset,
            Direction = ConnectionDirection.Inbound,
            Duration = new Duration { Seconds = 2, Nanos = 1 },
            BytesSent = ulong.MaxValue,
            BytesAcknowledged = 10,
            SegmentsSent = 3,
            SegmentsReceived = 4,
            Retransmits = 1,
            SmoothedRtt = new Duration { Nanos = 1_500_000 },
            MinimumRtt = new Duration { Nanos = 900_000 },
            Error = "ECONNRESET",
        }));
        Assert.That(actual.ReportsFailure());
    }

    [Test]
    public void Decode_CloseOfBeforeTheStart_LacksWhatNobodySaw()
    {
        var record = new CloseRecord { Tcp = Tcp, MinimumRttUs = uint.MaxValue, Cause = 1 };
        record.Tcp.Flags = 0;
        record.Tcp.Direction = 0;

        var actual = Records.Decode(new CloseMonitor(), record)!;

        Assert.That((actual.HasPid, actual.HasCommand, actual.CgroupId), Is.EqualTo((false, false, 4242ul)));
        Assert.That(actual.Close, Is.EqualTo(new CloseDetail { Cause = CloseDetail.Types.Cause.Local, OpenBeforeStart = true }));
    }

    [Test]
    public void Decode_OthersOfTcp_HaveTheirFigures()
    {
        var again = Records.Decode(new RetransmitMonitor(), new RetransmitRecord { Tcp = Tcp, Retransmits = 3, Count = 2 })!;
        var reset = new ResetRecord { Tcp = Tcp, HasReason = 1, Reason = 1 };
        reset.Tcp.Flags |= TcpFlags.Sent;
        var sent = Records.Decode(new ResetMonitor(), reset)!;
        var overflow = Records.Decode(new ListenOverflowMonitor(), new ListenOverflowRecord { Tcp = Tcp, Count = 5, QueueLength = 2, Backlog = 1 })!;

        Assert.That(again.Retransmit, Is.EqualTo(
            new RetransmitDetail { State = "ESTABLISHED", Direction = ConnectionDirection.Inbound, Retransmits = 3, Count = 2 }));
        Assert.That(Records.Decode(new RetransmitMonitor(), new RetransmitRecord { Tcp = Tcp, Retransmits = 3 }), Is.Null, "stands for none");
        Assert.That(sent.Reset, Is.EqualTo(
            new ResetDetail { Sent = true, State = "ESTABLISHED", Direction = ConnectionDirection.Inbound }));
        Assert.That(overflow.ListenOverflow, Is.EqualTo(new ListenOverflowDetail { Count = 5, QueueLength = 2, Backlog = 1 }));
        Assert.That((again.ReportsFailure(), sent.ReportsFailure(), overflow.ReportsFailure()), Is.EqualTo((false, true, true)));
    }

    [Test]
    public void Decode_AnyBytes_AreAnEventOrRefused()
    {
        var random = new Random(12);
        var decoded = 0;
        for (var i = 0; i < 20_000; i++)
        {
            decoded += Try<AcceptRecord>(new AcceptMonitor(), random) + Try<CloseRecord>(new CloseMonitor(), random)
                + Try<RetransmitRecord>(new RetransmitMonitor(), random) + Try<ResetRecord>(new ResetMonitor(), random)
                + Try<ListenOverflowRecord>(new ListenOverflowMonitor(), random);
        }

        Assert.That(decoded, Is.GreaterThan(1000).And.LessThan(100_000));
    }

    // What it decodes, Records has checked.
    private static int Try<T>(MonitorDefinition monitor, Random random)
        where T : unmanaged
    {
        var record = default(T);
        var bytes = MemoryMarshal.AsBytes(new Span<T>(ref record));
        random.NextBytes(bytes);
        ref var tcp = ref MemoryMarshal.AsRef<TcpRecord>(bytes);
        // Seldom of a sense by chance.
        tcp.Direction &= 3;
        tcp.State &= 15;
        return Records.Decode(monitor, record) is null ? 0 : 1;
    }
}
