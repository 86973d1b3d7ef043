using System.Buffers;
using Monitor.Aggregator.Links;
using Monitor.Aggregator.Tests.Links.Support;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Aggregator.Tests.Links;

internal sealed class BatchReaderTests
{
    private const ulong Epoch = 0xd0;

    private readonly EventTypeTable _types = new();

    [Test]
    public void Read_OfAnyBytes_NeverThrowsAndTakesNothingThatIsNoMessage()
    {
        var random = new Random(7);
        var good = TestEvents.Bytes(TestEvents.Message(Epoch, "double", 1, 20));
        using var batch = new AgentBatch();
        var reader = new BatchReader("double", Epoch, _types);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = good.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            bytes = bytes[..random.Next(bytes.Length + 1)];
            batch.Fill(new ReadOnlySequence<byte>(bytes));
            if (reader.Read(batch, default) is null)
            {
                Assert.That(batch.Token!.Events, Is.EqualTo((ulong)batch.Events.Length + batch.Evicted));
            }
        }
    }

    [Test]
    public void Read_OfAMessage_FindsWhatIsInIt()
    {
        var message = TestEvents.Message(Epoch, "double", 8, 3);
        message.Losses.Add(new Loss { NodeName = "double", Cause = LossCause.Evicted, Count = 5 });
        message.Losses.Add(new Loss { NodeName = "double", Cause = LossCause.RingFull, Count = 9 });
        using var batch = new AgentBatch();
        batch.Fill(new ReadOnlySequence<byte>(TestEvents.Bytes(message)));

        var problem = new BatchReader("double", Epoch, _types).Read(batch, new OriginPoint(2, 2));

        Assert.That(problem, Is.Null);
        Assert.That(batch.Evicted, Is.EqualTo(5));
        Assert.That(batch.Losses, Is.EqualTo(message.Losses));
        Assert.That(batch.Events.Length, Is.EqualTo(3));
        Assert.That(
            Event.Parser.ParseFrom(batch.Bytes.Slice(batch.Events[2].Start, batch.Events[2].Length)), Is.EqualTo(message.Events[2]));
        Assert.That(batch.NewestUnixNanos, Is.EqualTo(Protocol.UnixNanos.From(message.Events[0].Time)));
        Assert.That(batch.WatermarkUnixNanos, Is.EqualTo(Protocol.UnixNanos.From(message.Watermark)));
    }

    [Test]
    public void Messages_ThatAreReadAndTakenIn_AllocateNothingForEachEvent()
    {
        using var log = new EventLog(new EventLogOptions { TracksOrigins = true, RetentionBytes = 4 << 20 }, 5, TimeProvider.System);
        var node = new AgentNode("double", new ClusterLog(log), TimeProvider.System);
        var reader = new BatchReader("double", Epoch, log.Types);
        using var batch = new AgentBatch();
        var at = default(OriginPoint);
        const int Events = 1000;
        var messages = Enumerable.Range(0, 60)
            .Select(i => TestEvents.Bytes(TestEvents.Message(Epoch, "double", (ulong)(i * Events + 1), Events)))
            .ToList();
        var before = 0L;
        for (var i = 0; i < messages.Count; i++)
        {
            if (i == 50)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            batch.Fill(new ReadOnlySequence<byte>(messages[i]));
            Assert.That(reader.Read(batch, at), Is.Null);
            at = node.Take(batch, Epoch);
            batch.Clear();
        }

        // Segments of the log are new objects, and so is a message's token; 10 000 events came in.
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100_000));
        Assert.That(log.GetStatistics().Appended, Is.EqualTo(60 * Events));
    }
}
