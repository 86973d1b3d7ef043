using Google.Protobuf;
using Monitor.V1;

namespace Monitor.Server.Tests.Encoding;

internal sealed class EncodedEventsTests
{
    [Test]
    public void ToObjects_OfEncodedEvents_ParsesThemAndGivesTheirBufferBack()
    {
        using var buffer = new PooledBuffer();
        var sent = new ListEventsResponse { Events = { new Event { Id = "a" }, new Event { Id = "b" } } };
        sent.WriteTo(buffer);
        var response = new ListEventsResponse { Count = 2, EncodedEvents = buffer.Written, EncodedEventsOwner = buffer };

        EncodedEvents.ToObjects(response);

        Assert.That(response.Events, Is.EqualTo(sent.Events));
        Assert.That(response.Count, Is.EqualTo(2));
        Assert.That(response.EncodedEvents.IsEmpty, Is.True);
        Assert.That(buffer.Written.IsEmpty, Is.True);
    }

    [Test]
    public void PooledBuffer_FilledPieceByPiece_KeepsItAll()
    {
        using var buffer = new PooledBuffer();
        var expected = new byte[200_000];
        new Random(1).NextBytes(expected);
        for (var at = 0; at < expected.Length; at += 1000)
        {
            expected.AsSpan(at, 1000).CopyTo(buffer.GetSpan(1000));
            buffer.Advance(1000);
        }

        Assert.That(buffer.Written.ToArray(), Is.EqualTo(expected));
        buffer.Dispose();
        buffer.Dispose();
        Assert.That(buffer.Written.IsEmpty, Is.True);
    }
}
