using Monitor.V1;

namespace Monitor.Events.Tests;

public sealed class FilterPropertyTests
{
    [Test]
    public void CursorAndQuery_RandomEventsAndFilters_AgreeWithTheModel([Range(1, 3)] int seed)
    {
        var random = new Random(seed);
        using var log = TestLog.Create(8 << 20);
        var stored = new List<Event>();
        for (var added = 0; added < 1500; added++)
        {
            if (random.Next(50) == 0)
            {
                log.AppendLoss(TestLog.Loss(LossCause.RingFull, 1));
            }

            // Nearly in order: up to 50 places off.
            var time = TestEvents.Start + (added + random.Next(50)) * 1000L;
            var made = TestEvents.Random(random, log.NextSequence, time);
            log.Append(made);
            stored.Add(made);
        }

        log.Publish();
        var newestFirst = Enumerable.Range(0, stored.Count)
            .OrderByDescending(index => ModelFilter.Time(stored[index]))
            .ThenByDescending(index => index)
            .ToList();
        var hits = 0;
        for (var round = 0; round < 100; round++)
        {
            var filter = TestEvents.RandomFilter(random, TestEvents.Start, TestEvents.Start + 1_500_000);
            var expected = stored.Where(made => ModelFilter.Matches(filter, made)).ToList();
            hits += expected.Count;

            var listed = newestFirst.Select(index => stored[index]).Where(made => ModelFilter.Matches(filter, made));
            AssertSame(ReadAll(log, filter, random), expected, $"cursor, {filter}");
            AssertSame(ListAll(log, filter, random, expected.Count), listed, $"query, {filter}");
        }

        Assert.That(hits, Is.GreaterThan(3_000), "The filters select too little to say anything.");
    }

    // NUnit's own comparison of collections takes a hundred times as long.
    private static void AssertSame(IEnumerable<Event> actual, IEnumerable<Event> expected, string what)
    {
        Assert.That(actual.SequenceEqual(expected), Is.True, what);
    }

    private static List<Event> ReadAll(EventLog log, EventFilter filter, Random random)
    {
        var cursor = log.OpenCursor(filter, LogPosition.Oldest);
        var events = new List<Event>();
        CursorBatch batch;
        do
        {
            events.AddRange(cursor.ReadEvents(out batch, random.Next(1, 1000), random.Next(1, 100_000)));
        }
        while (!batch.AtEnd);

        var counters = cursor.GetCounters();
        Assert.That(counters.Delivered, Is.EqualTo(events.Count));
        Assert.That(counters.Filtered, Is.EqualTo(counters.Stored - events.Count));
        Assert.That(counters.Ahead + counters.Evicted, Is.Zero);
        return events;
    }

    private static List<Event> ListAll(EventLog log, EventFilter filter, Random random, int expected)
    {
        var events = new List<Event>();
        var token = "";
        do
        {
            var page = log.Read(new EventQuery
            {
                Filter = filter,
                Limit = random.Next(1, 2000),
                MaxBytes = random.Next(10_000, 1_000_000),
                PageToken = token,
            });
            Assert.That(page.TotalCount, Is.EqualTo(expected));
            events.AddRange(page.Events);
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        return events;
    }
}
