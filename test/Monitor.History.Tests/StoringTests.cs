using Monitor.Events;
using Monitor.Events.Tests;
using Monitor.V1;

namespace Monitor.History.Tests;

public sealed class StoringTests
{
    [Test]
    public void Log_EventsThatLeftMemory_AreStillThere()
    {
        using var test = new HistoryTest();
        var log = test.Start();

        test.AppendConnections(20_000);

        var statistics = log.GetStatistics();
        Assert.Multiple(() =>
        {
            Assert.That(statistics.Bytes, Is.LessThanOrEqualTo(EventLogOptions.MinRetentionBytes));
            Assert.That(statistics.Evicted, Is.Zero);
            Assert.That(Sequences(log), Is.EqualTo(Enumerable.Range(1, 20_000)));
            Assert.That(test.History.Status, Has.Property("Missed").Zero.And.Property("Problem").Null);
        });
    }

    [Test]
    public void Cursor_InTheHistory_ReadsOneSegmentForEachBatch()
    {
        using var test = new HistoryTest();
        test.Start();
        test.AppendConnections(30_000);
        test.Stop();
        var log = test.Start();
        log.AppendConnections(10);
        var segments = log.Store.Segments;
        Assert.That(segments, Has.Length.GreaterThan(4));

        var cursor = log.OpenCursor(new EventFilter { SourcePort = { 1 } }, LogPosition.Oldest);
        var loads = 0;
        for (var at = 0L; cursor.HasMore; at = cursor.Position)
        {
            loads += cursor.NeedsLoading ? 1 : 0;
            cursor.ReadEvents(out _);
            Assert.That(segments.Count(segment => segment.Start.Position >= at && segment.Start.Position < cursor.Position), Is.LessThanOrEqualTo(2));
        }

        Assert.That(loads, Is.EqualTo(segments.Length - 1).Within(1));
    }

    [Test]
    public void List_PagesOfMemoryAndHistory_AreEachEventOnceNewestFirst()
    {
        using var test = new HistoryTest();
        var log = test.Start();
        test.AppendConnections(12_000);

        var sequences = new List<int>();
        var token = "";
        do
        {
            var page = log.Read(new EventQuery { Limit = 777, PageToken = token });
            Assert.That(page.TotalCount, Is.EqualTo(12_000));
            sequences.AddRange(page.Events.Select(made => (int)made.Sequence));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.That(sequences, Is.EqualTo(Enumerable.Range(1, 12_000).Reverse()));
    }

    // That a segment was left out makes the total a least number, and must not tell a reader of one namespace what is in the
    // events of others.
    [Test]
    public void List_OfANamespace_DoesNotTellWhatIsInTheEventsOfOthers()
    {
        using var test = new HistoryTest();
        var log = test.Start();
        for (var added = 0; added < 6_000; added++)
        {
            var sequence = log.NextSequence;
            var made = TestEvents.Connection(sequence, TestEvents.Start + (long)sequence * 1000);
            (made.K8SNamespace, made.Command) = added % 2 == 0 ? ("mine", added < 5_900 ? "idle" : "curl") : ("others", "psql");
            log.Append(made);
            if (added % 500 == 0)
            {
                log.Publish();
                test.WaitUntilStored(added - 1_500);
            }
        }

        log.Publish();
        test.Stop();
        log = test.Start();

        var (seen, unseen) = (Ask("psql"), Ask("java"));

        Assert.That(seen, Is.EqualTo(unseen));

        (long Total, bool IsAtLeast) Ask(string command)
        {
            var filter = new EventFilter { K8SNamespace = { "mine" }, Command = { "curl", command } };
            using var result = log.Query(new EventQuery { Filter = filter, Limit = 1 });
            return (result.TotalCount, result.IsAtLeast);
        }
    }

    [Test]
    public void NextRun_AfterAnEnd_HasAllEventsAndGoesOn()
    {
        using var test = new HistoryTest();
        test.Start();
        test.AppendConnections(9_000);
        test.Stop();

        var log = test.Start();
        log.AppendConnections(10);

        Assert.Multiple(() =>
        {
            Assert.That(test.History.EndedCleanly, Is.True);
            Assert.That(Sequences(log), Is.EqualTo(Enumerable.Range(1, 9_000).Concat(Enumerable.Range(1, 10))));
            Assert.That(log.GetStatistics().Appended, Is.EqualTo(10));
            Assert.That(log.Summarize(null).Count, Is.EqualTo(9_010));
        });
    }

    [Test]
    public void NextRun_AfterACrash_HasWhatWasStoredAndKnowsThatItEnded()
    {
        using var test = new HistoryTest();
        test.Start();
        test.AppendConnections(5_000);
        test.WaitUntilStored();
        using var copy = test.Copy();

        var log = copy.Start();

        Assert.Multiple(() =>
        {
            Assert.That(copy.History.EndedCleanly, Is.False);
            Assert.That(Sequences(log), Is.EqualTo(Enumerable.Range(1, 5_000)));
            Assert.That(copy.History.Status.Problem, Is.Null);
        });
    }

    [Test]
    public void NextRuns_ThatStoreNothingOrEndAtOnce_LoseNothing()
    {
        using var test = new HistoryTest();
        for (var run = 0; run < 5; run++)
        {
            test.Start();
            test.Log.AppendConnections(run % 2 * 100);
            test.Stop();
        }

        var log = test.Start();

        Assert.That(Sequences(log), Is.EqualTo(Enumerable.Range(1, 100).Concat(Enumerable.Range(1, 100))));
    }

    [Test]
    public void QuietLog_ThatIsStoredEverySecond_HasFewParts()
    {
        using var test = new HistoryTest();
        var log = test.Start();
        for (var second = 0; second < 4; second++)
        {
            log.AppendConnections(10);
            test.WaitUntilStored();
        }

        test.Stop();
        test.Start();

        Assert.That(test.History.Restored.Segments, Has.Length.EqualTo(1));
    }

    [Test]
    public void Losses_AcrossARestart_StayAtTheirPlaces()
    {
        using var test = new HistoryTest();
        test.Start();
        test.Log.AppendConnections(3);
        test.Log.AppendLoss(TestLog.Loss(LossCause.RingFull, 7));
        test.Log.AppendConnections(2);
        test.Stop();
        var log = test.Start();
        var cursor = log.OpenCursor(null, LogPosition.Oldest);

        var before = cursor.ReadEvents(out var first);
        var after = cursor.ReadEvents(out var second);

        Assert.Multiple(() =>
        {
            Assert.That(before, Has.Count.EqualTo(3));
            Assert.That(first.Losses, Is.Empty);
            Assert.That(second.Losses, Is.EqualTo([TestLog.Loss(LossCause.RingFull, 7)]));
            Assert.That(after, Has.Count.EqualTo(2));
            Assert.That(log.GetStatistics().Losses, Is.Empty);
        });
    }

    [Test]
    public void Find_EventsOfEveryRun_AreFoundByTheirIds()
    {
        using var test = new HistoryTest();
        test.Start();
        test.AppendConnections(8_000);
        var epoch = test.Log.Epoch;
        test.Stop();
        var log = test.Start();
        log.AppendConnections(1);

        foreach (var sequence in new ulong[] { 1, 2, 270, 3_999, 7_999, 8_000 })
        {
            // The events of a test have another epoch in their ids.
            Assert.That(log.Find(epoch, sequence), Is.Null);
        }

        var made = TestEvents.Connection(2, TestEvents.Start, epoch: log.Epoch);
        log.Append(made);
        log.Publish();
        test.Stop();
        var next = test.Start();

        Assert.Multiple(() =>
        {
            Assert.That(next.Find(0x1002, 2), Is.Not.Null);
            Assert.That(next.Find(0x1002, 1), Is.Null);
            Assert.That(next.Find(0x1002, 3), Is.Null);
            Assert.That(next.Find(0x9999, 1), Is.Null);
        });
    }

    [Test]
    public void Bytes_AboveTheBound_LeaveFromTheOldestOn()
    {
        using var test = new HistoryTest { MaxBytes = 4 << 20 };
        var log = test.Start();
        var random = new Random(1);
        // Of bytes that do not compress, 8 MiB.
        for (var added = 0; added < 80; added++)
        {
            for (var number = 0; number < 200; number++)
            {
                var made = TestEvents.Connection(log.NextSequence, TestEvents.Start + (long)log.NextSequence);
                made.Destination = Convert.ToBase64String(Enumerable.Range(0, 400).Select(_ => (byte)random.Next(256)).ToArray());
                log.Append(made);
            }

            log.Publish();
            // What is full is stored ten times a second.
            test.WaitUntilStored(log.GetStatistics().Appended - 600);
        }

        test.WaitUntilSettled();
        var sequences = Sequences(log);
        Assert.Multiple(() =>
        {
            Assert.That(test.History.Status.Bytes, Is.LessThan(12 << 20));
            Assert.That(sequences[0], Is.GreaterThan(1));
            Assert.That(sequences, Is.EqualTo(Enumerable.Range(sequences[0], 16_000 - sequences[0] + 1)));
            Assert.That(log.GetStatistics().Evicted, Is.EqualTo(sequences[0] - 1));
        });
    }

    [Test]
    public void Files_WhoseEventsAreTooOld_Leave()
    {
        using var test = new HistoryTest { MaxBytes = 16 << 20, MaxAge = TimeSpan.FromDays(1) };
        var log = test.Start();
        var random = new Random(1);
        var now = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        for (var group = 0; group < 20; group++)
        {
            for (var number = 0; number < 500; number++)
            {
                // The first half is of the beginning of 2026.
                var made = TestEvents.Connection(log.NextSequence, group < 10 ? TestEvents.Start : now);
                made.Destination = Convert.ToBase64String(Enumerable.Range(0, 400).Select(_ => (byte)random.Next(256)).ToArray());
                log.Append(made);
            }

            log.Publish();
            test.WaitUntilStored(log.GetStatistics().Appended - 600);
        }

        test.WaitUntilSettled();

        Assert.That(test.Files.Count(), Is.InRange(2, 4));
        Assert.That(Sequences(log)[^1], Is.EqualTo(10_000));
        Assert.That(log.GetStatistics().Evicted, Is.InRange(3_000, 5_000));
    }

    [Test]
    public void Files_WithEventsOfTheFuture_LeaveWhenTheyWereStoredTooLongAgo()
    {
        using var test = new HistoryTest { MaxBytes = 16 << 20, MaxAge = TimeSpan.FromDays(1) };
        var log = test.Start();
        var random = new Random(1);
        for (var group = 0; group < 20; group++)
        {
            for (var number = 0; number < 500; number++)
            {
                var made = TestEvents.Connection(log.NextSequence, long.MaxValue);
                made.Destination = Convert.ToBase64String(Enumerable.Range(0, 400).Select(_ => (byte)random.Next(256)).ToArray());
                log.Append(made);
            }

            log.Publish();
            test.WaitUntilStored(log.GetStatistics().Appended - 600);
        }

        test.Stop();
        string[] files = [.. test.Files];
        Assert.That(files, Has.Length.GreaterThan(2));
        File.SetLastWriteTimeUtc(files[0], DateTime.UtcNow - TimeSpan.FromDays(2));
        log = test.Start();

        test.WaitUntilSettled();

        Assert.That(test.Files, Is.EqualTo(files[1..]));
        Assert.That(Sequences(log)[^1], Is.EqualTo(10_000));
    }

    [Test]
    public void Files_WhoseSegmentsAreStillInMemory_LeaveOnceAndForAll()
    {
        using var test = new HistoryTest { MaxBytes = 16 << 20 };
        var log = test.Start(64 << 20);
        var random = new Random(1);
        for (var group = 0; group < 40; group++)
        {
            for (var number = 0; number < 500; number++)
            {
                var made = TestEvents.Connection(log.NextSequence, TestEvents.Start + (long)log.NextSequence * 1000);
                made.Destination = Convert.ToBase64String(Enumerable.Range(0, 1500).Select(_ => (byte)random.Next(256)).ToArray());
                log.Append(made);
            }

            log.Publish();
        }

        test.WaitUntilSettled();

        Assert.That(test.History.Status, Has.Property("Stored").EqualTo(20_000).And.Property("Missed").Zero);
        Assert.That(Sequences(log), Is.EqualTo(Enumerable.Range(1, 20_000)));
        test.Stop();
        log = test.Start(64 << 20);
        var sequences = Sequences(log);
        Assert.That(test.History.Status.Problem, Is.Null);
        Assert.That(sequences[0], Is.GreaterThan(1));
        Assert.That(sequences, Is.EqualTo(Enumerable.Range(sequences[0], 20_000 - sequences[0] + 1)));
    }

    [Test]
    public void Open_FolderOfAnotherServer_IsRefusedWithTheRemedy()
    {
        using var test = new HistoryTest();
        test.Start();

        var refused = Assert.Throws<HistoryException>(() => EventHistory.Open(
            new HistoryOptions { Folder = test.Folder }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));

        Assert.That(refused.Message, Does.Contain(test.Folder).And.Contain("no other server"));
    }

    /// <summary>The sequences of all events from the oldest on, with no losses in between.</summary>
    internal static List<int> Sequences(EventLog log)
    {
        var cursor = log.OpenCursor(null, LogPosition.Oldest);
        var sequences = new List<int>();
        CursorBatch batch;
        do
        {
            sequences.AddRange(cursor.ReadEvents(out batch).Select(made => (int)made.Sequence));
            Assert.That(batch.Losses, Is.Empty);
        }
        while (!batch.AtEnd);
        return sequences;
    }
}
