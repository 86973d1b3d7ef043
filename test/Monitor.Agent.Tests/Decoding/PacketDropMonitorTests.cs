using System.Runtime.InteropServices;
using Monitor.Agent.Monitors;
using Monitor.V1;

namespace Monitor.Agent.Tests.Decoding;

internal sealed class PacketDropMonitorTests
{
    internal static PacketDropRecord Drop => new()
    {
        Timestamp = Records.Timestamp,
        Location = 1,
        Reason = 3,
        Length = 60,
        NetworkNamespace = 4026531833,
        InterfaceIndex = 2,
        EthernetProtocol = 0x0800,
        Protocol = 17,
        Source = Records.Address("10.0.0.1"),
        Destination = Records.Address("10.0.0.2"),
        SourcePort = 5000,
        DestinationPort = 53,
        Flags = PacketDropFlags.Reason | PacketDropFlags.Addresses | PacketDropFlags.Ports,
        Interface = Records.Text("eth0"u8),
    };

    [Test]
    public void Decode_DropInSoftirq_NamesNoProcess()
    {
        var actual = Records.Decode(new PacketDropMonitor(), Drop)!;

        Assert.That(actual.HasPid || actual.HasTid || actual.HasUid || actual.HasCommand || actual.HasCgroupId, Is.False);
        Assert.That(actual.PacketDrop, Is.EqualTo(new PacketDropDetail
        {
            Reason = "3", // no kernel was asked for names
            ReasonCode = 3,
            Length = 60,
            Interface = "eth0",
            InterfaceIndex = 2,
        }));
        Assert.That(actual.Destination, Is.EqualTo("10.0.0.2:53"));
    }

    [Test]
    public void Decode_WithoutReason_SaysNotSpecified()
    {
        var record = Drop;
        record.Flags &= ~PacketDropFlags.Reason;

        var detail = Records.Decode(new PacketDropMonitor(), record)!.PacketDrop;

        Assert.That(detail.Reason, Is.EqualTo("NOT_SPECIFIED"));
        Assert.That(detail.HasReasonCode, Is.False);
        Assert.That(detail.Severity, Is.EqualTo(DropSeverity.Unspecified));
        Assert.That(detail.Explanation, Does.StartWith("The kernel gives no reason"));
    }

    [Test]
    public void Decode_PacketThatIsNotIp_ShowsEthernetProtocol()
    {
        var record = Drop;
        record.EthernetProtocol = 0x0806;
        record.Flags = PacketDropFlags.Reason;

        var actual = Records.Decode(new PacketDropMonitor(), record)!;

        Assert.That(actual.PacketDrop.EthernetProtocol, Is.EqualTo(0x0806));
        Assert.That(actual.HasProtocol || actual.HasSourceIp || actual.HasDestinationIp || actual.HasAddressFamily, Is.False);
    }

    [Test]
    public void Decode_Icmp_HasTypeAndCode()
    {
        var record = Drop;
        record.Protocol = 58;
        record.IcmpType = 135;
        record.Flags = PacketDropFlags.Reason | PacketDropFlags.Addresses | PacketDropFlags.Icmp;

        var actual = Records.Decode(new PacketDropMonitor(), record)!;

        Assert.That(actual.Protocol, Is.EqualTo("ICMPv6"));
        Assert.That(actual.PacketDrop.IcmpType, Is.EqualTo(135));
        Assert.That(actual.PacketDrop.IcmpCode, Is.EqualTo(0));
    }

    [Test]
    public void Decode_RandomRecords_AreWellFormedOrRefused()
    {
        var random = new Random(2);
        var monitor = new PacketDropMonitor();
        var decoded = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var record = default(PacketDropRecord);
            random.NextBytes(MemoryMarshal.AsBytes(new Span<PacketDropRecord>(ref record)));
            record.Protocol = (ushort)random.Next(0, 300);
            decoded += Records.Decode(monitor, record) is null ? 0 : 1;
        }

        Assert.That(decoded, Is.GreaterThan(4_000));
    }
}
