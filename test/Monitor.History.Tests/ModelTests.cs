using Monitor.Events;
using Monitor.Events.Tests;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.History.Tests;

/// <summary>What a log answers whose events are mostly in the history, against one that has them all in memory.</summary>
public sealed class ModelTests
{
    private const int Events = 9_000;

    [Test]
    public void Answers_RandomEventsAndFilters_AreThoseOfALogInMemory([Range(1, 2)] int seed, [Values] bool afterRestart)
    {
        var random = new Random(seed);
        using var test = new HistoryTest();
        var stored = test.Start();
        using var inMemory = TestLog.Create(64 << 20);
        for (var added = 0; added < Events; added++)
        {
            // Nearly in order: up to 50 places off. Some segments have other names than others.
            var made = TestEvents.Random(random, stored.NextSequence, TestEvents.Start + (added + random.Next(50)) * 1000L);
            if (made.HasK8SPodName && random.Next(2) == 0)
            {
                made.K8SPodName = $"pod-{added / 500}";
            }

            stored.Append(made);
            inMemory.Append(made);
            if (random.Next(50) == 0)
            {
                stored.AppendLoss(TestLog.Loss(LossCause.RingFull, 1));
                inMemory.AppendLoss(TestLog.Loss(LossCause.RingFull, 1));
            }

            if (added % 500 == 0)
            {
                stored.Publish();
                test.WaitUntilStored(added - 1_500);
            }
        }

        stored.Publish();
        inMemory.Publish();
        test.WaitUntilStored();
        if (afterRestart)
        {
            test.Stop();
            stored = test.Start();
        }

        var (hits, skipped, cut) = (0, 0, 0);
        for (var round = 0; round < 60; round++)
        {
            var filter = TestEvents.RandomFilter(random, TestEvents.Start, TestEvents.Start + Events * 1000L);
            if (random.Next(3) == 0)
            {
                filter.K8SPodName.Add($"pod-{random.Next(Events / 500)}");
            }

            var what = $"{filter}";
            // Some pages end with their bytes: copies that cannot be on them are dropped.
            var query = new EventQuery
            {
                Filter = filter,
                Limit = 1 + random.Next(300),
                MaxBytes = random.Next(2) == 0 ? ContractLimits.MaxResponseEventBytes : 1 + random.Next(5_000),
            };
            using var expected = inMemory.Query(query);
            using var actual = stored.Query(query);
            hits += expected.Count;
            skipped += actual.IsAtLeast ? 1 : 0;
            // A page that ends with its bytes may end earlier: events that did not fit may have been dropped for newer ones that came
            // later and are smaller.
            var isCut = actual.Count < expected.Count && query.MaxBytes < ContractLimits.MaxResponseEventBytes;
            cut += isCut ? 1 : 0;
            Assert.That(expected.Events.Span[..(isCut ? actual.Events.Length : expected.Events.Length)].SequenceEqual(actual.Events.Span), Is.True, what);
            Assert.That(actual.Count, Is.GreaterThanOrEqualTo(Math.Min(1, expected.Count)), what);
            Assert.That(
                actual.TotalCount,
                actual.IsAtLeast ? Is.InRange(actual.Count, expected.TotalCount) : Is.EqualTo(expected.TotalCount),
                what);
            Assert.That(actual.NextPageToken.Length > 0, Is.EqualTo(isCut || expected.NextPageToken.Length > 0), what);

            var streamed = StreamTests.ReadAll(stored.OpenCursor(filter, LogPosition.Oldest), out _);
            Assert.That(streamed.SequenceEqual(StreamTests.ReadAll(inMemory.OpenCursor(filter, LogPosition.Oldest), out _)), Is.True, what);

            TimeSpan? interval = random.Next(2) == 0 ? null : TimeSpan.FromMilliseconds(1 + random.Next(3));
            var (summary, model) = (stored.Summarize(filter, interval), inMemory.Summarize(filter, interval));
            Assert.That(
                summary.Intervals.Select(part => (part.StartUnixNanos, part.Count, part.FailedCount)),
                Is.EqualTo(model.Intervals.Select(part => (part.StartUnixNanos, part.Count, part.FailedCount))),
                what);
            Assert.That((summary.Count, summary.FailedCount), Is.EqualTo((model.Count, model.FailedCount)), what);
            Assert.That(summary.ByNode, Is.EquivalentTo(model.ByNode), what);
            Assert.That(summary.ByOutcome, Is.EquivalentTo(model.ByOutcome), what);
            Assert.That(summary.ByError, Is.EquivalentTo(model.ByError), what);
            Assert.That(summary.ByReason, Is.EquivalentTo(model.ByReason), what);
        }

        Assert.Multiple(() =>
        {
            Assert.That(hits, Is.GreaterThan(1_000), "The filters select too little to say anything.");
            Assert.That(skipped, Is.Positive, "No query left out a segment.");
            Assert.That(cut, Is.LessThan(5), "Pages end too early.");
        });
    }
}
