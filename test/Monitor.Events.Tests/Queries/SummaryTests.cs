using Google.Protobuf;
using Monitor.V1;

namespace Monitor.Events.Tests.Summaries;

public sealed class SummaryTests
{
    [Test]
    public void Summary_RandomEventsAndFilters_AgreesWithTheModel([Range(1, 2)] int seed)
    {
        var random = new Random(seed);
        using var log = TestLog.Create(8 << 20);
        var stored = new List<Event>();
        for (var added = 0; added < 2000; added++)
        {
            if (random.Next(50) == 0)
            {
                log.AppendLoss(TestLog.Loss(LossCause.RingFull, 1));
            }

            var made = TestEvents.Random(random, log.NextSequence, TestEvents.Start + (added + random.Next(50)) * 1000L);
            if (made.Connection is { } connection && random.Next(2) == 0)
            {
                connection.Error = random.Next(2) == 0 ? "ECONNREFUSED" : "ETIMEDOUT";
            }

            log.Append(made);
            stored.Add(made);
        }

        log.Publish();
        for (var round = 0; round < 100; round++)
        {
            var filter = TestEvents.RandomFilter(random, TestEvents.Start, TestEvents.Start + 2_000_000);
            var expected = stored.Where(made => ModelFilter.Matches(filter, made)).ToList();
            var connections = expected.Select(made => made.Connection).OfType<ConnectionDetail>().ToList();

            var summary = log.Summarize(filter);

            Assert.That(summary.Count, Is.EqualTo(expected.Count), filter.ToString());
            Assert.That(summary.FailedCount, Is.EqualTo(expected.Count(made => made.ReportsFailure())));
            Assert.That(summary.ByNode, Is.EquivalentTo(Counts(expected.Select(made => made.NodeName))));
            Assert.That(summary.ByOutcome, Is.EquivalentTo(Counts(connections.Select(made => made.Outcome))));
            Assert.That(
                summary.ByError, Is.EquivalentTo(Counts(connections.Where(made => made.HasError).Select(made => made.Error))));
            Assert.That(
                summary.ByReason,
                Is.EquivalentTo(Counts(expected.Select(made => made.PacketDrop).OfType<PacketDropDetail>().Select(made => made.Reason))));
        }
    }

    [Test]
    public void Summary_OfNamesThatWereMadeUp_CountsThemUnderOther()
    {
        using var log = TestLog.Create(4 << 20);
        for (var added = 0; added < 1_000; added++)
        {
            var made = TestEvents.Connection(log.NextSequence, TestEvents.Start + added);
            (made.NodeName, made.Connection) = ("node-1", new ConnectionDetail { Error = added % 2 == 0 ? $"made up {added}" : new string('x', 65 + added) });
            log.Append(made);
            made = TestEvents.Connection(log.NextSequence, TestEvents.Start + added);
            (made.NodeName, made.PacketDrop) = ("node-1", new PacketDropDetail { Reason = added % 10 == 0 ? $"made up {added}" : "NO_SOCKET" });
            log.Append(made);
        }

        log.Publish();
        var summary = log.Summarize(null, TimeSpan.FromDays(1));

        foreach (var errors in new[] { summary.ByError, summary.Intervals.Single().ByError })
        {
            // The newest is one that is too long.
            Assert.That(errors, Has.Count.EqualTo(64));
            Assert.That(errors[NameCounts.Other], Is.EqualTo(1_000 - 63));
            Assert.That(errors.Values.Sum(), Is.EqualTo(1_000));
        }

        foreach (var reasons in new[] { summary.ByReason, summary.Intervals.Single().ByReason })
        {
            Assert.That(reasons, Has.Count.EqualTo(65));
            Assert.That(reasons["NO_SOCKET"], Is.EqualTo(900));
            Assert.That(reasons[NameCounts.Other], Is.EqualTo(100 - 63));
        }

        Assert.That(summary.ByNode, Is.EqualTo(new Dictionary<string, long> { ["node-1"] = 2_000 }));
    }

    [Test]
    public void Summary_EventWithRepeatedFields_CountsTheLast()
    {
        using var log = TestLog.Create();
        var first = new Event { NodeName = "a", Connection = new ConnectionDetail { Error = "ECONNREFUSED" } };
        var second = new Event
        {
            NodeName = "b",
            Connection = new ConnectionDetail { Outcome = ConnectionDetail.Types.Outcome.Failed },
        };
        byte[] bytes = [.. first.ToByteArray(), .. second.ToByteArray()];
        Assert.That(EventColumns.TryParse(bytes, log.Types, out var columns), Is.True);
        log.Append(columns, bytes);
        log.Publish();

        var summary = log.Summarize(null);

        Assert.That(summary.ByNode.Keys, Is.EqualTo(new[] { "b" }));
        Assert.That(summary.ByOutcome.Keys, Is.EqualTo(new[] { ConnectionDetail.Types.Outcome.Failed }));
        Assert.That(summary.ByError.Keys, Is.EqualTo(new[] { "ECONNREFUSED" }));
    }

    [Test]
    public void Summary_OfAnEmptyLog_IsZero()
    {
        using var log = TestLog.Create();

        var summary = log.Summarize(null);

        Assert.That((summary.Count, summary.FailedCount, summary.OldestTimeUnixNanos), Is.EqualTo((0L, 0L, (long?)null)));
        Assert.That(summary.ByNode, Is.Empty);
    }

    private static Dictionary<T, long> Counts<T>(IEnumerable<T> values)
        where T : notnull =>
        values.CountBy(value => value).ToDictionary(entry => entry.Key, entry => (long)entry.Value);
}
