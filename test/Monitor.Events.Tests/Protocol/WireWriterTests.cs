using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests;

public sealed class WireWriterTests
{
    [TestCase(0ul)]
    [TestCase(127ul)]
    [TestCase(128ul)]
    [TestCase((1ul << 56) - 1)]
    [TestCase(1ul << 56)]
    [TestCase(1ul << 63)]
    [TestCase(ulong.MaxValue)]
    public void Varint_Number_HasItsSizeAndIsReadBack(ulong value)
    {
        var writer = new WireWriter(new byte[WireWriter.MaxVarintBytes]);
        writer.Varint(value);
        var reader = new WireReader(writer.Written);

        Assert.That(writer.Length, Is.EqualTo(CodedOutputStream.ComputeUInt64Size(value)));
        Assert.That(WireWriter.SizeOf(value), Is.EqualTo(writer.Length));
        Assert.That(reader.TryReadVarint(out var read) && reader.AtEnd, Is.True);
        Assert.That(read, Is.EqualTo(value));
    }

    [Test]
    public void Fixed_Numbers_AreReadBack()
    {
        var writer = new WireWriter(new byte[12]);
        writer.Fixed64(0x0123456789abcdef);
        writer.Fixed32(0xfedcba98);
        var reader = new WireReader(writer.Written);

        Assert.That(reader.TryReadFixed64(out var eight) && reader.TryReadFixed32(out var four) && four == 0xfedcba98, Is.True);
        Assert.That(eight, Is.EqualTo(0x0123456789abcdef));
        Assert.That(reader.TryReadFixed32(out _) || reader.TryReadFixed64(out _), Is.False);
    }

    [Test]
    public void Fields_OfAnEvent_AreTheMessageThatTheGeneratedParserReads()
    {
        var writer = new WireWriter(new byte[256]);
        writer.Varint(Event.PidFieldNumber, 300);
        writer.Bytes(Event.CommandFieldNumber, "curl"u8);
        writer.SecondsAndNanos(Event.TimeFieldNumber, 1_700_000_000_000_000_007);
        var destination = writer.Begin(Event.DestinationFieldNumber);
        writer.Fragment("192.0.2.1:"u8);
        writer.Digits(443);
        writer.End(destination);
        var detail = new byte[16];
        var inner = new WireWriter(detail);
        inner.SignedVarint(ConnectionDetail.ReturnCodeFieldNumber, -111);
        writer.BytesHeader(Event.ConnectionFieldNumber, inner.Length);
        writer.Fragment(inner.Written);

        Assert.That(Event.Parser.ParseFrom(writer.Written), Is.EqualTo(new Event
        {
            Pid = 300,
            Command = "curl",
            Time = new Timestamp { Seconds = 1_700_000_000, Nanos = 7 },
            Destination = "192.0.2.1:443",
            Connection = new ConnectionDetail { ReturnCode = -111 },
        }));
    }

    [Test]
    public void Writes_BeyondTheBuffer_Throw()
    {
        Assert.That(() => new WireWriter(new byte[1]).Varint(128), Throws.TypeOf<IndexOutOfRangeException>());
        Assert.That(() => new WireWriter(new byte[3]).Bytes(1, "ab"u8), Throws.ArgumentException);
        Assert.That(() => new WireWriter(new byte[7]).Fixed64(1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
