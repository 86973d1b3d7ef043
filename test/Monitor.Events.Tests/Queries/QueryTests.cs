using Google.Protobuf.WellKnownTypes;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests;

public sealed class QueryTests
{
    [Test]
    public void Query_NoFilter_ReturnsTheNewestFirst()
    {
        using var log = TestLog.Create();
        log.AppendConnections(1000);

        var response = log.Read(new EventQuery { Limit = 3 });

        Assert.That(response.Events.Select(read => read.Sequence), Is.EqualTo(new[] { 1000ul, 999ul, 998ul }));
        Assert.That(response.TotalCount, Is.EqualTo(1000));
        Assert.That(response.NextPageToken, Is.Not.Empty);
    }

    [Test]
    public void Query_EmptyLog_HasNothing()
    {
        using var log = TestLog.Create();
        using var result = log.Query(new EventQuery());

        Assert.That((result.Count, result.TotalCount, result.NextPageToken), Is.EqualTo((0, 0L, "")));
        Assert.That(result.OldestTimeUnixNanos, Is.Null);
        Assert.That(result.Events.IsEmpty, Is.True);
    }

    [Test]
    public void Query_SameTimes_AreInTheOrderOfTheLog()
    {
        using var log = TestLog.Create();
        for (var added = 0; added < 600; added++)
        {
            log.Append(TestEvents.Connection(log.NextSequence, TestEvents.Start + added / 100));
        }

        log.Publish();

        Assert.That(
            ReadPages(log, new EventFilter(), 7).Select(read => read.Sequence),
            Is.EqualTo(Enumerable.Range(1, 600).Reverse().Select(sequence => (ulong)sequence)));
    }

    [Test]
    public void Query_WholeSegmentsAndBlocksByTime_AreCountedExactly()
    {
        // More than one segment, so that the counts of whole segments and blocks are used.
        using var log = TestLog.Create(2 << 20);
        const int Events = 6000;
        for (var added = 0; added < Events; added++)
        {
            if (added % 97 == 0)
            {
                log.AppendLoss(TestLog.Loss(LossCause.RingFull, 1));
            }

            var made = TestEvents.Connection(log.NextSequence, TestEvents.Start + added);
            made.Type = added % 3 == 0 ? "packet_drop" : "connection";
            log.Append(made);
        }

        log.Publish();
        foreach (var since in new[] { 0, 1, 1000, 5999 })
        {
            foreach (var until in new[] { 1000, 2561, 5999, 6000 }.Where(until => until >= since))
            {
                var filter = new EventFilter
                {
                    Since = UnixNanos.ToTimestamp(TestEvents.Start + since),
                    Until = UnixNanos.ToTimestamp(TestEvents.Start + until),
                };
                Assert.That(log.Read(new EventQuery { Filter = filter }).TotalCount, Is.EqualTo(until - since));
                filter.Type.Add("packet_drop");
                Assert.That(
                    log.Read(new EventQuery { Filter = filter }).TotalCount,
                    Is.EqualTo(Enumerable.Range(since, until - since).Count(added => added % 3 == 0)));
            }
        }
    }

    [Test]
    public void Query_PagesWhileEventsArriveAndLeave_NeitherRepeatNorSkip()
    {
        var random = new Random(12);
        using var log = TestLog.Create();
        var filter = new EventFilter { Pid = { 1 } };
        for (var list = 0; list < 12; list++)
        {
            Append(log, random, 3000);
            var snapshot = log.NextSequence;
            var expected = Oldest(log);
            var last = ulong.MaxValue;
            var seen = new HashSet<ulong>();
            var token = "";
            do
            {
                var page = log.Read(new EventQuery { Filter = filter, Limit = 50, PageToken = token });
                foreach (var read in page.Events)
                {
                    Assert.That(seen.Add(read.Sequence), Is.True, "A page repeats an event.");
                    Assert.That(read.Sequence, Is.LessThan(snapshot), "A page has an event that arrived later.");
                    last = Math.Min(last, read.Sequence);
                }

                token = page.NextPageToken;
                Append(log, random, random.Next(60));
            }
            while (token.Length > 0);

            // All that matched and were still stored at the end must have come.
            expected = Math.Max(expected, Oldest(log));
            Assert.That(
                seen.Where(sequence => sequence >= expected).Order(),
                Is.EqualTo(Matching(expected, snapshot)));
        }
    }

    [Test]
    public void Query_BytesRunOut_GoesOnWithTheNextPage()
    {
        using var log = TestLog.Create();
        log.AppendConnections(50);

        var first = log.Read(new EventQuery { MaxBytes = 1000, Limit = 50 });
        var tiny = log.Read(new EventQuery { MaxBytes = 1, Limit = 50, PageToken = first.NextPageToken });

        Assert.That(first.Events, Has.Count.InRange(3, 6));
        Assert.That(tiny.Events.Single().Sequence, Is.EqualTo(first.Events[^1].Sequence - 1));
    }

    [TestCase(-1)]
    [TestCase(10_001)]
    public void Query_BadLimit_Throws(int limit)
    {
        using var log = TestLog.Create();

        var thrown = Assert.Throws<FilterException>(() => log.Query(new EventQuery { Limit = limit }));

        Assert.That(thrown!.Field, Is.EqualTo("limit"));
        Assert.That(thrown.Message, Does.Contain("10000"));
    }

    [Test]
    public void Query_LimitZero_IsTheDefault()
    {
        using var log = TestLog.Create();
        log.AppendConnections(200);

        Assert.That(log.Read(new EventQuery()).Count, Is.EqualTo(100));
    }

    [Test]
    public void Query_TokenOfAnotherFilterOrRun_IsRefused()
    {
        using var log = TestLog.Create();
        log.AppendConnections(200);
        using var other = new EventLog(new EventLogOptions(), 77, TimeProvider.System);
        other.AppendConnections(200);
        var token = log.Read(new EventQuery()).NextPageToken;

        Assert.That(Refusal(log, token, new EventFilter { Pid = { 1 } }), Is.EqualTo(PageTokenError.OtherFilter));
        Assert.That(Refusal(other, token, null), Is.EqualTo(PageTokenError.OtherEpoch));
        Assert.That(log.Read(new EventQuery { PageToken = token, Limit = 10 }).Count, Is.EqualTo(10));
    }

    [Test]
    public void Query_DamagedTokens_AreGarbage()
    {
        using var log = TestLog.Create();
        log.AppendConnections(200);
        var good = log.Read(new EventQuery()).NextPageToken;
        foreach (var bad in TestTokens.Damaged(new Random(10), good, 5000).Where(bad => bad.Length > 0))
        {
            Assert.That(Refusal(log, bad, null), Is.EqualTo(PageTokenError.Garbage), bad);
        }

        var resume = log.OpenCursor(filter: null, LogPosition.End).GetResumeToken().ToString();
        Assert.That(Refusal(log, resume, null), Is.EqualTo(PageTokenError.Garbage));
    }

    [Test]
    public void Query_EventsOutOfOrderAcrossSegments_AreSorted()
    {
        // Every 500th event is far in the past: its segment spans a long time and cannot be passed over.
        var random = new Random(13);
        using var log = TestLog.Create(4 << 20);
        var times = new List<long>();
        for (var added = 0; added < 10_000; added++)
        {
            var time = TestEvents.Start + (added % 500 == 0 ? random.Next(10_000) : added);
            times.Add(time);
            log.Append(TestEvents.Connection(log.NextSequence, time));
        }

        log.Publish();
        var expected = Enumerable.Range(0, times.Count)
            .OrderByDescending(index => times[index]).ThenByDescending(index => index)
            .Select(index => (ulong)index + 1);

        Assert.That(
            ReadPages(log, new EventFilter(), 777).Select(read => read.Sequence).SequenceEqual(expected), Is.True);
    }

    [Test]
    public void Query_EventWithoutTime_IsTheOldest()
    {
        using var log = TestLog.Create();
        var timeless = TestEvents.Connection(1, TestEvents.Start);
        timeless.Time = null;
        log.Append(timeless);
        log.AppendConnections(3);

        Assert.That(
            log.Read(new EventQuery()).Events.Select(read => read.Sequence), Is.EqualTo(new[] { 4ul, 3ul, 2ul, 1ul }));
        Assert.That(
            log.Read(new EventQuery { Filter = new EventFilter { Since = new Timestamp { Seconds = 1 } } }).TotalCount,
            Is.EqualTo(3));
    }

    private static void Append(EventLog log, Random random, int count)
    {
        while (count-- > 0)
        {
            var sequence = log.NextSequence;
            var time = TestEvents.Start + (long)sequence * 1000 + random.Next(20_000);
            log.Append(TestEvents.Connection(sequence, time, (uint)(sequence % 5)));
        }

        log.Publish();
    }

    private static ulong Oldest(EventLog log) => log.Resume("").OldestSequence;

    private static IEnumerable<ulong> Matching(ulong from, ulong to)
    {
        for (var sequence = from; sequence < to; sequence++)
        {
            if (sequence % 5 == 1)
            {
                yield return sequence;
            }
        }
    }

    private static List<Event> ReadPages(EventLog log, EventFilter filter, int limit)
    {
        var events = new List<Event>();
        var token = "";
        do
        {
            var page = log.Read(new EventQuery { Filter = filter, Limit = limit, PageToken = token });
            events.AddRange(page.Events);
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        return events;
    }

    private static PageTokenError Refusal(EventLog log, string token, EventFilter? filter) =>
        Assert.Throws<PageTokenException>(
            () => log.Query(new EventQuery { PageToken = token, Filter = filter }))!.Error;
}
