using System.Buffers;
using Google.Protobuf;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests;

public sealed class CursorTests
{
    [Test]
    public void ReadBatch_AppendedButNotPublished_ReadsNothing()
    {
        using var log = TestLog.Create();
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);
        log.Append(TestEvents.Connection(1, TestEvents.Start));

        Assert.That(cursor.ReadEvents(out var batch), Is.Empty);
        Assert.That(batch.AtEnd, Is.True);

        log.Publish();
        Assert.That(cursor.ReadEvents(out _), Is.EqualTo(new[] { TestEvents.Connection(1, TestEvents.Start) }));
    }

    [Test]
    public void ReadBatch_FromTheEnd_ReadsWhatFollowsOnly()
    {
        using var log = TestLog.Create();
        log.AppendConnections(10);
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 1));
        log.Publish();
        var cursor = log.OpenCursor(filter: null, LogPosition.End);
        log.AppendConnections(2);

        Assert.That(Sequences(cursor.ReadEvents(out var batch)), Is.EqualTo(new[] { 11ul, 12ul }));
        Assert.That(batch.Losses, Is.Empty);
        Assert.That(cursor.GetCounters().Stored, Is.EqualTo(2));
    }

    [Test]
    public void ReadBatch_SinceATime_StartsWithTheFirstEventOfThatTime()
    {
        using var log = TestLog.Create(8 << 20);
        log.AppendConnections(5000);

        foreach (var first in new[] { 1, 2, 255, 256, 257, 258, 4096, 5000 })
        {
            var cursor = log.OpenCursor(filter: null, LogPosition.Since(TestEvents.Start + first * 1000));
            Assert.That(cursor.ReadEvents(out _, maxEvents: 1)[0].Sequence, Is.EqualTo(first));
            Assert.That(cursor.GetCounters().Stored, Is.EqualTo(5001 - first));
        }

        var later = log.OpenCursor(filter: null, LogPosition.Since(TestEvents.Start + 5001 * 1000));
        Assert.That(later.ReadEvents(out _), Is.Empty);
    }

    [Test]
    public void ReadBatch_LossBetweenEvents_EndsTheBatchBeforeIt()
    {
        using var log = TestLog.Create();
        var cursor = log.OpenCursor(filter: null, LogPosition.End);
        log.AppendConnections(3);
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 7));
        log.AppendLoss(TestLog.Loss(LossCause.RateLimited, 2));
        log.AppendConnections(2);

        var before = cursor.ReadEvents(out var first);
        var after = cursor.ReadEvents(out var second);

        Assert.That(Sequences(before), Is.EqualTo(new[] { 1ul, 2ul, 3ul }));
        Assert.That(first.Losses, Is.Empty);
        Assert.That(first.AtEnd, Is.False);
        Assert.That(Sequences(after), Is.EqualTo(new[] { 4ul, 5ul }));
        Assert.That(second.Losses.Select(loss => (loss.Cause, loss.Count)), Is.EqualTo(
            new[] { (LossCause.RingFull, 7ul), (LossCause.RateLimited, 2ul) }));
        Assert.That(second.AtEnd, Is.True);
    }

    [Test]
    public void ReadBatch_LossesOfOtherTypesAndNodes_AreLeftOut()
    {
        using var log = TestLog.Create();
        var filter = new EventFilter { Type = { "connection" }, NodeName = { "node-1" } };
        var cursor = log.OpenCursor(filter, LogPosition.End);
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 1, "packet_drop"));
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 2, "connection"));
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 3, "connection", "node-2"));
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 4));
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 5, "", ""));
        log.Publish();

        cursor.ReadEvents(out var batch);

        Assert.That(batch.Losses.Select(loss => loss.Count), Is.EqualTo(new[] { 2ul, 4ul, 5ul }));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void ReadBatch_Limits_AreKept(bool filtered)
    {
        using var log = TestLog.Create();
        var made = TestEvents.Connection(1, TestEvents.Start);
        var size = made.CalculateSize() + 3;
        for (var added = 0; added < 100; added++)
        {
            log.Append(made);
        }

        log.Publish();
        var cursor = log.OpenCursor(filtered ? new EventFilter { Pid = { 4242 } } : null, LogPosition.Oldest);

        Assert.That(cursor.ReadEvents(out _, maxEvents: 7), Has.Count.EqualTo(7));
        Assert.That(cursor.ReadEvents(out _, maxBytes: 1), Has.Count.EqualTo(1), "A first event comes alone.");
        Assert.That(cursor.ReadEvents(out var batch, maxBytes: 5 * size), Has.Count.EqualTo(5));
        Assert.That(batch.AtEnd, Is.False);
        Assert.That(cursor.ReadEvents(out batch, maxBytes: 5 * size - 1), Has.Count.EqualTo(4));
        Assert.That(cursor.ReadEvents(out batch), Has.Count.EqualTo(83));
        Assert.That(batch.AtEnd, Is.True);
    }

    [Test]
    public void ReadBatch_OutputThrows_LeavesTheCursorWhereItWas()
    {
        using var log = TestLog.Create();
        log.AppendConnections(10);
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);

        Assert.Throws<InvalidOperationException>(() => cursor.ReadBatch(new FullWriter(), 10, 10_000));

        Assert.That(cursor.GetCounters().Delivered, Is.Zero);
        Assert.That(cursor.ReadEvents(out _), Has.Count.EqualTo(10));
    }

    [Test]
    public void ReadBatch_EverythingEvicted_CountsEventsAndLossesExactly()
    {
        using var log = TestLog.Create(nodeName: "node-9");
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);
        log.AppendConnections(10);
        cursor.ReadEvents(out _, maxEvents: 4);
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 7, "connection"));
        log.AppendLoss(TestLog.Loss(LossCause.RateLimited, 5));
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 2));
        log.AppendLoss(TestLog.Loss((LossCause)99, 1));
        log.AppendConnections(20_000);

        var next = cursor.ReadEvents(out var batch)[0].Sequence;

        Assert.That(next, Is.GreaterThan(11));
        Assert.That(batch.Evicted, Is.EqualTo((long)next - 5));
        Assert.That(
            batch.Losses.Select(loss => (loss.Cause, loss.Count, loss.NodeName)),
            Is.EquivalentTo(new[]
            {
                (LossCause.Evicted, next - 5, "node-9"),
                (LossCause.RingFull, 9ul, "node-9"),
                (LossCause.RateLimited, 5ul, "node-9"),
                (LossCause.Unspecified, 1ul, "node-9"),
            }));
        var evicted = batch.Losses.Single(loss => loss.Cause == LossCause.Evicted);
        Assert.That(UnixNanos.From(evicted.FirstTime), Is.LessThanOrEqualTo(TestEvents.Start + 5 * 1000));
        Assert.That(UnixNanos.From(evicted.LastTime), Is.EqualTo(TestEvents.Start + (long)(next - 1) * 1000));
    }

    [Test]
    public void ReadBatch_StopsAtGapsAndSomeAreMissingBetweenOthers_ReportsThemAndGoesOn()
    {
        using var log = TestLog.Create();
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.StopsAtGaps = true;
        log.AppendConnections(2_000);
        // The disk was full when the others left memory.
        log.Store.Segments[0].StoredAs(new StoredElsewhere());
        var read = cursor.ReadEvents(out _, maxEvents: (int)log.Store.Segments[1].Start.Events).Count;
        log.AppendConnections(20_000);
        Assert.That(cursor.IsEvicted, Is.False);

        var losses = 0L;
        for (var isAtEnd = false; !isAtEnd;)
        {
            read += cursor.ReadEvents(out var batch).Count;
            losses += batch.Losses.Sum(loss => (long)loss.Count);
            isAtEnd = batch.AtEnd;
        }

        Assert.That(cursor.HasMore, Is.False);
        Assert.That(losses, Is.Positive);
        Assert.That(read + losses, Is.EqualTo(22_000));
    }

    [Test]
    public void Append_Largest_IsStoredAndOneByteMoreRefused()
    {
        using var log = TestLog.Create();
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);
        var columns = new EventColumnsBuilder(1, log.Types.GetOrAdd("big")).Build();
        for (var filler = 0; filler < 100; filler++)
        {
            Assert.That(log.Append(columns, Padded(log.MaxEventBytes)), Is.True);
        }

        Assert.That(log.Append(columns, Padded(log.MaxEventBytes + 1)), Is.False);
        Assert.That(log.AppendLoss(TestLog.Loss(LossCause.RingFull, 1, new string('x', 70_000))), Is.False);
        Assert.That(log.Append(columns, []), Is.True);
        log.Publish();

        Assert.That(log.GetStatistics().Refused, Is.EqualTo(2));
        Assert.That(log.NextSequence, Is.EqualTo(102));
        var read = 0;
        for (CursorBatch batch = default; !batch.AtEnd;)
        {
            read += cursor.ReadEvents(out batch).Count + (int)batch.Evicted;
        }

        Assert.That(read, Is.EqualTo(101));
    }

    [Test]
    public void Counters_AnyInterleaving_BalanceAfterEachStep()
    {
        var random = new Random(11);
        using var log = TestLog.Create();
        var cursors = Enumerable.Range(0, 5)
            .Select(number => log.OpenCursor(
                number % 2 == 0 ? null : new EventFilter { Pid = { 1, 2 } }, LogPosition.Oldest))
            .ToList();
        var sink = new ArrayBufferWriter<byte>();
        for (var step = 0; step < 1000; step++)
        {
            for (var added = random.Next(60); added > 0; added--)
            {
                var time = TestEvents.Start + (long)log.NextSequence * 1000;
                log.Append(TestEvents.Connection(log.NextSequence, time, (uint)random.Next(4)));
            }

            log.Publish();
            foreach (var cursor in cursors)
            {
                if (random.Next(200) == 0)
                {
                    sink.ResetWrittenCount();
                    cursor.ReadBatch(sink, random.Next(1, 2000), 1 << 20);
                }

                var counters = cursor.GetCounters();
                Assert.That(counters.Stored, Is.EqualTo((long)log.NextSequence - 1));
                Assert.That(
                    counters.Delivered + counters.Filtered + counters.Evicted + counters.Ahead,
                    Is.EqualTo(counters.Stored));
            }
        }

        Assert.That(cursors.Sum(cursor => cursor.GetCounters().Evicted), Is.Positive);
    }

    [Test]
    public void AppendAndPublish_NobodyWaiting_AllocateNothing()
    {
        using var log = TestLog.Create();
        var bytes = TestEvents.Connection(1, TestEvents.Start).ToByteArray();
        EventColumns.TryParse(bytes, log.Types, out var columns);
        log.Append(columns, bytes);
        log.Publish();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var added = 0; added < 200; added++)
        {
            log.Append(columns, bytes);
            log.Publish();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static IEnumerable<ulong> Sequences(IEnumerable<Event> events) => events.Select(read => read.Sequence);

    /// <summary>An event of exactly so many bytes: an unknown field of zeros.</summary>
    private static byte[] Padded(int length)
    {
        var output = new ArrayBufferWriter<byte>();
        var header = new byte[] { 0xa2, 0x06, 0, 0, 0 };
        var padding = length - header.Length;
        header[2] = (byte)(padding | 0x80);
        header[3] = (byte)(padding >> 7 | 0x80);
        header[4] = (byte)(padding >> 14);
        output.Write(header);
        output.Write(new byte[padding]);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>An output that cannot take anything, as of a connection that broke.</summary>
    private sealed class FullWriter : IBufferWriter<byte>
    {
        public void Advance(int count) => throw new InvalidOperationException();

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new InvalidOperationException();

        public Span<byte> GetSpan(int sizeHint = 0) => throw new InvalidOperationException();
    }

    private sealed class StoredElsewhere : IStoredSegment
    {
        public bool TryLoad(Segment segment) => false;

        public void Loaded(Segment segment)
        {
        }

        public bool MayMatch(EventFilterPlan filter) => true;

        public IReadOnlyList<Segment>? PartsThatMayMatch(EventFilterPlan filter) => null;

        public bool MayHave(ulong epoch, long sequence) => true;

        public SegmentCounts? ReadCounts() => null;
    }
}
