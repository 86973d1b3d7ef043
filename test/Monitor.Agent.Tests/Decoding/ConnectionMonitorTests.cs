using System.Runtime.InteropServices;
using Google.Protobuf.WellKnownTypes;
using Monitor.Agent.Monitors;
using Monitor.V1;

namespace Monitor.Agent.Tests.Decoding;

internal sealed class ConnectionMonitorTests
{
    private static ConnectionRecord Refused => new()
    {
        Timestamp = Records.Timestamp,
        HandshakeNs = 1_500_000_042,
        CgroupId = 77,
        Pid = 12,
        Tid = 13,
        Uid = 0,
        NetworkNamespace = 4026531833,
        ReturnCode = -111,
        Error = 111,
        Source = Records.Address("10.0.0.1"),
        Destination = Records.Address("192.0.2.1"),
        SourcePort = 40000,
        DestinationPort = 443,
        Protocol = 6,
        SocketType = 1,
        Outcome = 2,
        Flags = ConnectionFlags.ReturnCode | ConnectionFlags.Mode | ConnectionFlags.SynSent,
        Command = Records.Text("curl"u8),
    };

    [Test]
    public void Decode_RefusedConnection_FillsEveryField()
    {
        var actual = Records.Decode(new ConnectionMonitor(), Refused);

        Assert.That(actual, Is.EqualTo(new Event
        {
            Id = "0123456789abcdef-7",
            Type = "connection",
            Sequence = 7,
            Timestamp = Records.Timestamp,
            Time = new Timestamp { Seconds = 1_795_000_000, Nanos = 123_456_789 },
            NodeName = Records.NodeName,
            Pid = 12,
            Tid = 13,
            Uid = 0,
            Command = "curl",
            CgroupId = 77,
            NetworkNamespace = 4026531833,
            AddressFamily = "IPv4",
            Protocol = "TCP",
            SocketType = "STREAM",
            SourceIp = "10.0.0.1",
            SourcePort = 40000,
            DestinationIp = "192.0.2.1",
            DestinationPort = 443,
            Destination = "192.0.2.1:443",
            Connection = new ConnectionDetail
            {
                Outcome = ConnectionDetail.Types.Outcome.Failed,
                ReturnCode = -111,
                Error = "ECONNREFUSED",
                HandshakeTime = new Duration { Seconds = 1, Nanos = 500_000_042 },
                NonBlocking = false,
            },
        }));
    }

    [Test]
    public void Decode_Ipv6_ShowsAddressesInBrackets()
    {
        var record = Refused;
        record.Source = Records.Address("2001:db8::1");
        record.Destination = Records.Address("2001:db8::2");

        var actual = Records.Decode(new ConnectionMonitor(), record)!;

        Assert.That(actual.AddressFamily, Is.EqualTo("IPv6"));
        Assert.That(actual.SourceIp, Is.EqualTo("2001:db8::1"));
        Assert.That(actual.Destination, Is.EqualTo("[2001:db8::2]:443"));
    }

    [Test]
    public void Decode_NoSourceYet_LeavesItUnset()
    {
        var record = Refused;
        record.Source = default;
        record.SourcePort = 0;

        var actual = Records.Decode(new ConnectionMonitor(), record)!;

        Assert.That(actual.HasSourceIp || actual.HasSourcePort, Is.False);
    }

    [Test]
    public void Decode_ProtocolWithoutPorts_HasNone()
    {
        var record = Refused;
        record.Protocol = 1;

        var actual = Records.Decode(new ConnectionMonitor(), record)!;

        Assert.That(actual.Protocol, Is.EqualTo("ICMP"));
        Assert.That(actual.HasSourcePort || actual.HasDestinationPort, Is.False);
        Assert.That(actual.Destination, Is.EqualTo("192.0.2.1"));
    }

    [Test]
    public void Decode_CommandThatIsNotUtf8_IsReadable()
    {
        var record = Refused;
        record.Command = Records.Text([0x61, 0xff, 0x62, 0]);

        Assert.That(Records.Decode(new ConnectionMonitor(), record)!.Command, Is.EqualTo("a?b"));
    }

    [TestCase(0)]
    [TestCase(5)]
    [TestCase(255)]
    public void Decode_OutcomeThatDoesNotExist_IsRefused(byte outcome)
    {
        var record = Refused;
        record.Outcome = outcome;

        Assert.That(Records.Decode(new ConnectionMonitor(), record), Is.Null);
    }

    [TestCase(long.MaxValue, true)]
    [TestCase(long.MinValue, false)]
    [TestCase(-1, false)]
    public void Decode_HandshakeTime_IsNotNegative(long nanoseconds, bool decoded)
    {
        var record = Refused;
        record.HandshakeNs = (ulong)nanoseconds;

        Assert.That(Records.Decode(new ConnectionMonitor(), record) is not null, Is.EqualTo(decoded));
    }

    [Test]
    public void Decode_RandomRecords_AreWellFormedOrRefused()
    {
        var random = new Random(1);
        var monitor = new ConnectionMonitor();
        var decoded = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var record = default(ConnectionRecord);
            random.NextBytes(MemoryMarshal.AsBytes(new Span<ConnectionRecord>(ref record)));
            record.Outcome = (byte)random.Next(0, 6);
            record.Error = (uint)random.Next(0, 4200);
            record.Protocol = (ushort)random.Next(0, 300);
            record.HandshakeNs >>= random.Next(0, 8);
            decoded += Records.Decode(monitor, record) is null ? 0 : 1;
        }

        Assert.That(decoded, Is.GreaterThan(2_000));
    }
}
