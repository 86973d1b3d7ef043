using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests;

public sealed class FindTests
{
    [Test]
    public void Find_AmongLossesAndEvictedSegments_FindsWhatIsStored()
    {
        using var log = TestLog.Create();
        var random = new Random(5);
        const int Appended = 20_000;
        for (var added = 1; added <= Appended; added++)
        {
            // Several losses in a row too, at the start of a segment or not.
            while (random.Next(3) == 0)
            {
                log.AppendLoss(TestLog.Loss(LossCause.RingFull, 1));
            }

            log.Append(TestEvents.Connection(log.NextSequence, TestEvents.Start + added, pid: (uint)added));
        }

        log.Publish();
        var evicted = (ulong)log.GetStatistics().Evicted;

        Assert.That(evicted, Is.InRange(1ul, Appended - 1000ul));
        for (var sequence = 0ul; sequence <= Appended + 5; sequence++)
        {
            var found = log.Find(TestLog.Epoch, sequence);
            Assert.That(
                found is null ? 0 : Event.Parser.ParseFrom(found).Pid,
                Is.EqualTo(sequence > evicted && sequence <= Appended ? sequence : 0),
                $"sequence {sequence}");
        }
    }

    [TestCase(ulong.MaxValue)]
    [TestCase((ulong)long.MaxValue)]
    [TestCase(1ul << 63)]
    [TestCase(0ul)]
    public void Find_NumbersThatNoEventHas_FindsNothing(ulong sequence)
    {
        using var own = TestLog.Create();
        own.AppendConnections(10);
        using var copies = Copies();

        Assert.That(own.Find(TestLog.Epoch, sequence), Is.Null);
        Assert.That(copies.Find(1, sequence), Is.Null);
    }

    [Test]
    public void Find_OtherEpochOrFilter_FindsNothing()
    {
        using var log = TestLog.Create();
        log.AppendConnections(10);

        Assert.That(log.Find(TestLog.Epoch, 3, new EventFilter { Command = { "curl" } }), Is.Not.Null);
        Assert.That(log.Find(TestLog.Epoch, 3, new EventFilter { Command = { "wget" } }), Is.Null);
        Assert.That(log.Find(TestLog.Epoch + 1, 3), Is.Null);
    }

    [Test]
    public void Find_InALogOfCopies_FindsEachByItsOwnEpoch()
    {
        using var log = Copies();

        for (var sequence = 1ul; sequence <= 400; sequence++)
        {
            foreach (var epoch in (ulong[])[1, 2])
            {
                // Those of epoch 2 are copied from the 101st on.
                var found = log.Find(epoch, sequence);
                Assert.That(
                    found is null ? "" : Event.Parser.ParseFrom(found).Id,
                    Is.EqualTo(epoch == 2 && sequence <= 100 || sequence > 300 ? "" : EventId.Format(epoch, sequence)));
            }
        }
    }

    /// <summary>Events 1 to 300 of epoch 1, and 101 to 300 of epoch 2, mixed, with losses.</summary>
    private static EventLog Copies()
    {
        var log = new EventLog(new EventLogOptions { TracksOrigins = true }, TestLog.Epoch, TimeProvider.System);
        var random = new Random(6);
        // Entries and events of each origin's own log that were copied so far.
        var first = (Origin: log.AddOrigin(1, "node-1", default), Entries: 0L, Events: 0L);
        var second = (Origin: log.AddOrigin(2, "node-2", new OriginPoint(130, 100)), Entries: 130L, Events: 100L);
        while (first.Events < 300 || second.Events < 300)
        {
            ref var next = ref first;
            if (first.Events == 300 || second.Events < 300 && random.Next(2) == 0)
            {
                next = ref second;
            }

            if (random.Next(4) == 0)
            {
                next.Entries += 1 + random.Next(3);
                log.AppendLoss(next.Origin, TestLog.Loss(LossCause.RingFull, 1), new OriginPoint(next.Entries, next.Events));
            }

            log.AppendFrom(next.Origin, new OriginPoint(next.Entries, next.Events));
            for (var count = Math.Min(random.Next(1, 5), 300 - next.Events); count > 0; count--)
            {
                next.Entries++;
                next.Events++;
                log.Append(TestEvents.Connection((ulong)next.Events, TestEvents.Start, epoch: next.Origin.Epoch));
            }
        }

        log.Publish();
        return log;
    }
}
