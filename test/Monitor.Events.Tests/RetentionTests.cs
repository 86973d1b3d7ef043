using Google.Protobuf;
using Monitor.V1;

namespace Monitor.Events.Tests;

public sealed class RetentionTests
{
    [TestCase(1 << 20)]
    [TestCase(3_000_001)]
    [TestCase(64 << 20)]
    public void Append_MuchMoreThanFits_StaysWithinTheBound(long retention)
    {
        using var log = TestLog.Create(retention);
        var bytes = TestEvents.Connection(1, TestEvents.Start).ToByteArray();
        EventColumns.TryParse(bytes, log.Types, out var columns);
        var perEvent = bytes.Length + 3 + 64;
        for (var added = 0L; added < retention / perEvent * 5 / 2; added++)
        {
            log.Append(columns, bytes);
        }

        log.Publish();
        var statistics = log.GetStatistics();

        Assert.That(statistics.Bytes, Is.EqualTo(statistics.CapacityBytes).And.LessThanOrEqualTo(retention));
        Assert.That(log.Store.AllocatedBytes, Is.LessThanOrEqualTo(retention));
        Assert.That(statistics.Stored * perEvent, Is.GreaterThan(retention * 0.9));
        Assert.That(statistics.Stored + statistics.Evicted, Is.EqualTo((long)log.NextSequence - 1));
    }

    [Test]
    public void Append_FewEvents_TakesOneSegment()
    {
        using var log = TestLog.Create(64 << 20);
        Assert.That(log.GetStatistics().Bytes, Is.Zero);

        log.AppendConnections(10);

        Assert.That(log.GetStatistics().Bytes, Is.EqualTo(4 << 20));
    }

    [Test]
    public void Append_ReadersInsideOfEvictedSegments_CostThoseSegmentsOnly()
    {
        using var log = TestLog.Create();
        log.AppendConnections(10);
        var first = log.Store.Segments[0];
        Assert.That(first.TryAcquire(), Is.True);
        log.AppendConnections(50_000);

        Assert.That(log.Store.AllocatedBytes, Is.EqualTo((1 << 20) + (64 << 10)));
        Assert.That(first.TryAcquire(), Is.True, "It is there as long as somebody is inside.");
        Assert.That(Event.Parser.ParseFrom(first.Message(0)).Sequence, Is.EqualTo(1));

        first.Release();
        first.Release();
        Assert.That(first.TryAcquire(), Is.False);
    }

    [TestCase(0)]
    [TestCase((1 << 20) - 1)]
    [TestCase(long.MaxValue)]
    public void Options_BadRetention_IsRefusedWithTheRange(long retention)
    {
        var thrown = Assert.Throws<ArgumentOutOfRangeException>(() => TestLog.Create(retention));

        Assert.That(thrown!.Message, Does.Contain("1 MiB"));
    }

    [Test]
    public void Statistics_EventsAndLosses_AreCounted()
    {
        using var log = TestLog.Create();
        Assert.That(log.GetStatistics().OldestTimeUnixNanos, Is.Null);
        log.AppendConnections(7);
        var drop = TestEvents.Connection(8, TestEvents.Start - 5);
        drop.Type = "packet_drop";
        log.Append(drop);
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 3));
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 4));
        log.Publish();

        var statistics = log.GetStatistics();

        Assert.That((statistics.Appended, statistics.Stored, statistics.Evicted), Is.EqualTo((8L, 8L, 0L)));
        Assert.That(statistics.OldestTimeUnixNanos, Is.EqualTo(TestEvents.Start - 5));
        Assert.That(statistics.NewestTimeUnixNanos, Is.EqualTo(TestEvents.Start + 7000));
        Assert.That(statistics.Types, Is.EqualTo(
            new[] { new TypeTotal("connection", 7), new TypeTotal("packet_drop", 1) }));
        Assert.That(statistics.Losses, Is.EqualTo(new[] { new LossTotal(LossCause.RingFull, 7) }));
    }
}
