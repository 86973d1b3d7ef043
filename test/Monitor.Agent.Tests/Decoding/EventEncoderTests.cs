using Monitor.Agent.Encoding;
using Monitor.V1;

namespace Monitor.Agent.Tests.Decoding;

internal sealed class EventEncoderTests
{
    // As the drop of a packet without ports (ICMP) and connect() to port 0 make them.
    [Test]
    public void SetDestination_WithoutPortAndPortZero_AreTwo([Values("10.0.0.2", "2001:db8::1")] string text, [Values] bool portFirst)
    {
        var encoder = new EventEncoder(Records.NodeName, Records.Epoch);
        var with = portFirst ? Encode(encoder, text, 0) : null;

        var without = Encode(encoder, text, null);
        with ??= Encode(encoder, text, 0);

        Assert.That(without.HasDestinationPort, Is.False);
        Assert.That(without.Destination, Is.EqualTo(text));
        Assert.That((with.HasDestinationPort, with.DestinationPort), Is.EqualTo((true, 0)));
        Assert.That(with.Destination, Is.EqualTo(text.Contains(':', StringComparison.Ordinal) ? $"[{text}]:0" : $"{text}:0"));
    }

    private static Event Encode(EventEncoder encoder, string address, ushort? port)
    {
        encoder.Begin(EventEncoder.EncodeType("packet_drop"), 1, 7, Records.Timestamp, Records.Time);
        var bytes = Records.Address(address);
        encoder.SetDestination(bytes, port);
        return Event.Parser.ParseFrom(encoder.Encoded.ToArray());
    }
}
