using Monitor.Protocol;

namespace Monitor.Events.Tests;

public sealed class WireReaderTests
{
    [Test]
    public void Position_BehindBytes_IsWhereTheyEnd()
    {
        byte[] message = [0x08, 0x96, 0x01, 0x12, 0x03, 1, 2, 3, 0x18, 0x05];
        var reader = new WireReader(message);
        Assert.That(reader.TryReadTag(out var tag) && reader.TrySkip(tag), Is.True);

        Assert.That(reader.TryReadTag(out tag) && reader.TryReadBytes(out _), Is.True);

        Assert.That((tag, reader.Position), Is.EqualTo((2u << 3 | WireReader.LengthDelimited, 8)));
        Assert.That(message.AsSpan(reader.Position - 3, 3).ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public void Reads_OfAnyBytes_StayInsideAlsoAfterAFailure()
    {
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            // High bits make numbers that do not end.
            var bytes = new byte[random.Next(24)];
            random.NextBytes(bytes);
            var reader = new WireReader(bytes);
            for (var reads = 0; reads < 30; reads++)
            {
                switch (random.Next(4))
                {
                    case 0:
                        reader.TryReadTag(out _);
                        break;
                    case 1:
                        if (!reader.TryReadVarint(out _))
                        {
                            Assert.That(reader.AtEnd, Is.True);
                        }

                        break;
                    case 2:
                        if (reader.TryReadBytes(out var value))
                        {
                            Assert.That(value.SequenceEqual(bytes.AsSpan(reader.Position - value.Length, value.Length)), Is.True);
                        }

                        break;
                    default:
                        reader.TrySkip((uint)random.Next(8));
                        break;
                }

                Assert.That(reader.Position, Is.Not.Negative);
            }
        }
    }
}
