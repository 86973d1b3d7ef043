using Monitor.Events;
using Monitor.Events.Tests;
using Monitor.V1;

namespace Monitor.History.Tests;

public sealed class ResumingTests
{
    [Test]
    public void Token_OfAnEarlierRun_GoesOnWithTheNextEventAndIntoThePresent()
    {
        using var test = new HistoryTest();
        var log = test.Start();
        test.AppendConnections(6_000);
        var cursor = log.OpenCursor(null, LogPosition.Oldest);
        var had = 0;
        while (had < 2_345)
        {
            had += cursor.ReadEvents(out _, maxEvents: 2_345 - had).Count;
        }

        var token = cursor.GetResumeToken().ToString();
        test.Stop();

        log = test.Start();
        log.AppendConnections(5);
        var resumed = log.Resume(token);
        var rest = StreamTests.ReadAll(log.OpenCursor(null, resumed.Position), out var losses);

        Assert.Multiple(() =>
        {
            Assert.That(resumed.Status, Is.EqualTo(ResumeStatus.Ok));
            Assert.That(resumed.NextSequence, Is.EqualTo(2_346));
            Assert.That(losses, Is.Empty);
            Assert.That(
                rest.Select(made => (int)made.Sequence),
                Is.EqualTo(Enumerable.Range(had + 1, 6_000 - had).Concat(Enumerable.Range(1, 5))));
        });
    }

    [Test]
    public void Token_AtTheEndOfARun_GoesOnWithTheNextRun()
    {
        using var test = new HistoryTest();
        var log = test.Start();
        log.AppendConnections(100);
        var cursor = log.OpenCursor(null, LogPosition.Oldest);
        StreamTests.ReadAll(cursor, out _);
        var token = cursor.GetResumeToken().ToString();
        test.Stop();
        test.Start();
        test.Stop();

        log = test.Start();
        log.AppendConnections(3);
        var rest = StreamTests.ReadAll(log.OpenCursor(null, log.Resume(token).Position), out _);

        Assert.That(rest.Select(made => made.Sequence), Is.EqualTo(new ulong[] { 1, 2, 3 }));
    }

    [Test]
    public void Tokens_OfRunsInWhichNothingCame_AreKnown()
    {
        using var test = new HistoryTest();
        var tokens = new List<string>();
        for (var run = 0; run < 4; run++)
        {
            tokens.Add(test.Start().OpenCursor(null, LogPosition.End).GetResumeToken().ToString());
            test.Stop();
        }

        test.Start().AppendConnections(2);
        test.Stop();
        var log = test.Start();

        foreach (var token in tokens)
        {
            var resumed = log.Resume(token);
            Assert.That(resumed.Status, Is.EqualTo(ResumeStatus.Ok));
            Assert.That(StreamTests.ReadAll(log.OpenCursor(null, resumed.Position), out _), Has.Count.EqualTo(2));
        }
    }

    [Test]
    public void Token_BehindWhatACrashLeft_GoesOnWithTheNextRun()
    {
        using var test = new HistoryTest();
        var log = test.Start();
        log.AppendConnections(100);
        test.WaitUntilStored();
        using var copy = test.Copy();
        log.AppendConnections(50);
        var cursor = log.OpenCursor(null, LogPosition.Oldest);
        StreamTests.ReadAll(cursor, out _);
        var token = cursor.GetResumeToken().ToString();

        log = copy.Start();
        log.AppendConnections(200);
        var resumed = log.Resume(token);
        var rest = StreamTests.ReadAll(log.OpenCursor(null, resumed.Position), out _);

        Assert.Multiple(() =>
        {
            Assert.That(resumed.Status, Is.EqualTo(ResumeStatus.Ok));
            Assert.That(rest.Select(made => (int)made.Sequence), Is.EqualTo(Enumerable.Range(1, 200)));
        });
    }

    [Test]
    public void Token_OfAnEarlierRunWhoseEventsLeft_IsEvictedWithTheirNumber()
    {
        using var test = new HistoryTest { MaxBytes = 1 << 20 };
        var log = test.Start();
        log.AppendConnections(10);
        var cursor = log.OpenCursor(null, LogPosition.Oldest);
        cursor.ReadEvents(out _, maxEvents: 4);
        var token = cursor.GetResumeToken().ToString();
        var random = new Random(2);
        while (log.GetStatistics().Evicted == 0)
        {
            for (var number = 0; number < 500; number++)
            {
                var made = TestEvents.Connection(log.NextSequence, TestEvents.Start + (long)log.NextSequence);
                made.Destination = Convert.ToBase64String(Enumerable.Range(0, 400).Select(_ => (byte)random.Next(256)).ToArray());
                log.Append(made);
            }

            log.Publish();
            test.WaitUntilStored(log.GetStatistics().Appended - 600);
        }

        test.Stop();
        log = test.Start();
        var oldest = log.OpenCursor(null, LogPosition.Oldest).ReadEvents(out _, maxEvents: 1)[0].Sequence;
        var resumed = log.Resume(token);
        var rest = StreamTests.ReadAll(log.OpenCursor(null, resumed.Position), out var losses);

        Assert.Multiple(() =>
        {
            Assert.That(resumed.Status, Is.EqualTo(ResumeStatus.Evicted));
            Assert.That(resumed.Missed, Is.EqualTo(oldest - 5));
            Assert.That(losses.Sum(loss => (long)loss.Count), Is.EqualTo((long)oldest - 5));
            Assert.That(rest[0].Sequence, Is.EqualTo(oldest));
        });
    }

    [Test]
    public void Token_Damaged_IsRefusedOrReadsSomething([Range(1, 3)] int seed)
    {
        using var test = new HistoryTest();
        var log = test.Start();
        test.AppendConnections(3_000);
        var cursor = log.OpenCursor(null, LogPosition.Oldest);
        cursor.ReadEvents(out _, maxEvents: 700);
        var token = cursor.GetResumeToken().ToString();
        test.Stop();
        log = test.Start();

        foreach (var damaged in TestTokens.Damaged(new Random(seed), token, 500))
        {
            var resumed = log.Resume(damaged);
            if (resumed.Status is ResumeStatus.Ok or ResumeStatus.Evicted)
            {
                StreamTests.ReadAll(log.OpenCursor(null, resumed.Position), out _);
            }
        }
    }

    [Test]
    public void Since_BeforeTheRun_BeginsInTheHistory()
    {
        using var test = new HistoryTest();
        test.Start();
        test.AppendConnections(4_000);
        test.Stop();
        var log = test.Start();
        log.AppendConnections(2);

        var rest = StreamTests.ReadAll(log.OpenCursor(null, LogPosition.Since(TestEvents.Start + 3_000_000)), out _);

        Assert.That(
            rest.Select(made => (int)made.Sequence), Is.EqualTo(Enumerable.Range(3_000, 1_001).Concat(Enumerable.Range(1, 2))));
    }
}

public sealed class StreamTests
{
    [Test]
    public void Stream_WhileEventsAreWrittenAndLeaveMemory_HasNoGapAndNoRepetition()
    {
        using var test = new HistoryTest();
        var log = test.Start();
        test.AppendConnections(6_000);
        var cursor = log.OpenCursor(null, LogPosition.Oldest);
        var sequences = new List<int>();

        for (var round = 0; round < 12; round++)
        {
            sequences.AddRange(cursor.ReadEvents(out var batch, maxEvents: 900).Select(made => (int)made.Sequence));
            Assert.That(batch.Losses, Is.Empty);
            test.AppendConnections(500);
        }

        sequences.AddRange(ReadAll(cursor, out var losses).Select(made => (int)made.Sequence));
        Assert.Multiple(() =>
        {
            Assert.That(losses, Is.Empty);
            Assert.That(sequences, Is.EqualTo(Enumerable.Range(1, 12_000)));
        });
    }

    [Test]
    public void Readers_ManyAtOnceWhileSegmentsComeAndGo_SeeWholeEvents()
    {
        using var test = new HistoryTest();
        var log = test.Start();
        test.AppendConnections(6_000);
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(number => Task.Run(() =>
        {
            var read = 0L;
            do
            {
                var before = 0UL;
                foreach (var made in ReadAll(log.OpenCursor(null, LogPosition.Oldest), out var losses))
                {
                    Assert.That(losses, Is.Empty);
                    Assert.That(made.Sequence, Is.EqualTo(before + 1));
                    before = made.Sequence;
                    read++;
                }

                var page = log.Read(new EventQuery { Limit = 50 * (number + 1) });
                Assert.That(page.TotalCount, Is.GreaterThanOrEqualTo(6_000));
            }
            while (!stop.IsCancellationRequested);

            return read;
        })).ToArray();

        test.AppendConnections(10_000);
        stop.Cancel();

        Assert.That(Task.WhenAll(readers).Result, Has.All.Positive);
    }

    internal static List<Event> ReadAll(EventCursor cursor, out List<Loss> losses)
    {
        var events = new List<Event>();
        losses = [];
        CursorBatch batch;
        do
        {
            events.AddRange(cursor.ReadEvents(out batch));
            losses.AddRange(batch.Losses);
        }
        while (!batch.AtEnd);
        return events;
    }
}
