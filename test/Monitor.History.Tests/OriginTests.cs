using Monitor.Events;
using Monitor.Events.Tests;
using Monitor.V1;

namespace Monitor.History.Tests;

/// <summary>The history of an aggregator, whose log copies those of agents.</summary>
public sealed class OriginTests
{
    [Test]
    public void NextRun_GoesOnInEachAgentsLog_AndSoDoItsClients()
    {
        var (one, two) = Feeds();
        using var test = new HistoryTest { TracksOrigins = true };
        var log = test.Start();
        var (originOfOne, originOfTwo) = (log.AddOrigin(one.Epoch, one.NodeName, default), log.AddOrigin(two.Epoch, two.NodeName, default));
        for (var at = 0; at < 3_000; at += 500)
        {
            one.Append(log, originOfOne, at, at + 500);
            two.Append(log, originOfTwo, at / 2, at / 2 + 250);
            test.WaitUntilStored(log.GetStatistics().Appended - 1_500);
        }

        var cursor = log.OpenCursor(null, LogPosition.Oldest);
        var had = cursor.ReadEvents(out _, maxEvents: 1_234);
        var token = cursor.GetResumeToken().ToString();
        test.Stop();

        log = test.Start();
        var restored = test.History.Restored.Origins.ToDictionary(origin => origin.Origin.NodeName);
        Assert.That(restored[one.NodeName].At, Is.EqualTo(one.PointAt(3_000)));
        Assert.That(restored[two.NodeName].At, Is.EqualTo(two.PointAt(1_500)));
        one.Append(log, restored[one.NodeName].Origin, 3_000, one.Length);
        two.Append(log, restored[two.NodeName].Origin, 1_500, two.Length);
        var resumed = log.Resume(token);
        var rest = StreamTests.ReadAll(log.OpenCursor(null, resumed.Position), out var losses);

        Assert.Multiple(() =>
        {
            Assert.That(resumed.Status, Is.EqualTo(ResumeStatus.Ok));
            Assert.That(losses.Select(loss => (loss.NodeName, loss.Cause)), Is.All.EqualTo((one.NodeName, LossCause.RingFull)));
            AssertIsAllOf(one, had.Concat(rest));
            AssertIsAllOf(two, had.Concat(rest));
        });
    }

    [Test]
    public void Token_OfAnotherAggregator_LeavesOutWhatTheClientHas([Values(900, 2_900, 3_100)] int had)
    {
        var (one, _) = Feeds();
        using var other = new EventLog(
            new EventLogOptions { RetentionBytes = 64 << 20, TracksOrigins = true }, 0x77, TimeProvider.System);
        one.Append(other, other.AddOrigin(one.Epoch, one.NodeName, default), 0, one.Length);
        var cursor = other.OpenCursor(null, LogPosition.Oldest);
        var first = cursor.ReadEvents(out _, maxEvents: had).ToList();
        while (first.Count < had)
        {
            first.AddRange(cursor.ReadEvents(out _, maxEvents: had - first.Count));
        }

        var token = cursor.GetResumeToken().ToString();
        using var test = new HistoryTest { TracksOrigins = true };
        var log = test.Start();
        var origin = log.AddOrigin(one.Epoch, one.NodeName, default);
        for (var at = 0; at < 3_000; at += 500)
        {
            one.Append(log, origin, at, at + 500);
            test.WaitUntilStored(log.GetStatistics().Appended - 1_500);
        }

        test.Stop();
        log = test.Start();
        one.Append(log, test.History.Restored.Origins.Single().Origin, 3_000, one.Length);
        var rest = StreamTests.ReadAll(log.OpenCursor(null, log.Resume(token).Position), out _);

        Assert.That(rest.Select(made => made.Sequence), Is.Unique);
        AssertIsAllOf(one, first.Concat(rest));
    }

    [Test]
    public void Find_ById_InTheHistoryOfAnAggregator()
    {
        var (one, two) = Feeds();
        using var test = new HistoryTest { TracksOrigins = true };
        var log = test.Start();
        one.Append(log, log.AddOrigin(one.Epoch, one.NodeName, default), 0, 2_000);
        two.Append(log, log.AddOrigin(two.Epoch, two.NodeName, default), 0, 1_000);
        test.WaitUntilStored();
        test.Stop();
        log = test.Start();

        Assert.Multiple(() =>
        {
            Assert.That(Event.Parser.ParseFrom(log.Find(one.Epoch, 777)).NodeName, Is.EqualTo(one.NodeName));
            Assert.That(Event.Parser.ParseFrom(log.Find(two.Epoch, 777)).NodeName, Is.EqualTo(two.NodeName));
            Assert.That(log.Find(two.Epoch, 1_777), Is.Null);
            Assert.That(log.Find(0x99, 1), Is.Null);
        });
    }

    [Test]
    public void Origin_ThatWasRetired_IsNotTakenForTheNextOne()
    {
        var (one, two) = Feeds();
        var three = new OriginFeed(0xa3, "node-3");
        three.MakeEvents(1_000);
        using var test = new HistoryTest { TracksOrigins = true };
        var log = test.Start();
        var (originOfOne, originOfTwo) = (log.AddOrigin(one.Epoch, one.NodeName, default), log.AddOrigin(two.Epoch, two.NodeName, default));
        two.Append(log, originOfTwo, 0, 1_000);
        log.RetireOrigin(originOfTwo);
        for (var at = 0; at < one.Length - 1; at += 500)
        {
            one.Append(log, originOfOne, at, at + 500);
            test.WaitUntilStored(log.GetStatistics().Appended - 1_000);
        }

        test.Stop();
        log = test.Start();
        Assert.That(
            test.History.Restored.Origins.Select(origin => (origin.Origin.NodeName, origin.At, origin.IsRetired)),
            Is.EqualTo([(two.NodeName, two.PointAt(1_000), true), (one.NodeName, one.PointAt(4_000), false)]));
        three.Append(log, log.AddOrigin(three.Epoch, three.NodeName, default), 0, 1_000);
        // It comes back.
        var gone = test.History.Restored.Origins.First();
        two.Append(log, log.AddOrigin(two.Epoch, two.NodeName, gone.At, gone.Origin), 1_000, 1_200);
        test.WaitUntilStored();

        Assert.That(Event.Parser.ParseFrom(log.Find(two.Epoch, 1_100)).NodeName, Is.EqualTo(two.NodeName));
        Assert.That(Event.Parser.ParseFrom(log.Find(two.Epoch, 777)).NodeName, Is.EqualTo(two.NodeName));
        Assert.That(Event.Parser.ParseFrom(log.Find(three.Epoch, 777)).NodeName, Is.EqualTo(three.NodeName));
        var cursor = log.OpenCursor(null, LogPosition.Oldest);
        for (var had = 0; had < 500;)
        {
            had += cursor.ReadEvents(out _, maxEvents: 500 - had).Count;
        }

        Assert.That(
            cursor.GetResumeToken().Delivered!.Select(delivered => (delivered.Epoch, delivered.Position)),
            Is.EquivalentTo([(one.Epoch, 0UL), (two.Epoch, 500UL)]));
    }

    [Test]
    public void LossesOfAnAgent_AreKnownToTheNextRun()
    {
        var (one, _) = Feeds();
        using var test = new HistoryTest { TracksOrigins = true };
        var log = test.Start();
        var origin = log.AddOrigin(one.Epoch, one.NodeName, default);
        one.Append(log, origin, 0, 1_000);
        origin.NoteLosses(900, [0, 5, 0, 2]);
        test.WaitUntilStored();
        test.Stop();

        test.Start();

        var (known, at, _) = test.History.Restored.Origins.Single();
        Assert.That(known.LossesAt(at.Position), Is.EqualTo(new ulong[] { 0, 5, 0, 2 }));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void Agent_AtTheHighestPositionOrBeyond_TakesNothingFromOthers(long beyond)
    {
        var (one, _) = Feeds();
        using var test = new HistoryTest { TracksOrigins = true };
        var log = test.Start();
        var liar = log.AddOrigin(0xbad, "liar", default);
        var origin = log.AddOrigin(one.Epoch, one.NodeName, default);
        var claimed = new OriginPoint(OriginPoint.MaxPosition + beyond, 0);
        one.Append(log, origin, 0, 500);
        // In slices of the first segment and in marks of those that follow.
        log.AppendLoss(liar, new Loss { NodeName = "liar", Cause = LossCause.RingFull, Count = 1 }, claimed);
        for (var at = 500; at < 3_000; at += 500)
        {
            one.Append(log, origin, at, at + 500);
            test.WaitUntilStored(log.GetStatistics().Appended - 1_500);
        }

        test.Stop();
        log = test.Start();
        var restored = test.History.Restored.Origins.ToDictionary(known => known.Origin.NodeName, known => known.At);
        var events = StreamTests.ReadAll(log.OpenCursor(null, LogPosition.Oldest), out _);

        Assert.Multiple(() =>
        {
            Assert.That(restored[one.NodeName], Is.EqualTo(one.PointAt(3_000)));
            Assert.That(restored.TryGetValue("liar", out var at) ? at : (OriginPoint?)null, Is.EqualTo(beyond > 0 ? (OriginPoint?)null : claimed));
            Assert.That(events.Select(made => (int)made.Sequence), Is.EqualTo(Enumerable.Range(1, (int)one.PointAt(3_000).Events)));
            Assert.That(test.History.Status.Problem, Is.Null);
        });
    }

    private static (OriginFeed One, OriginFeed Two) Feeds()
    {
        var one = new OriginFeed(0xa1, "node-1");
        one.MakeEvents(2_000);
        one.MakeLoss(3);
        one.MakeEvents(2_000);
        var two = new OriginFeed(0xa2, "node-2");
        two.MakeEvents(2_500);
        return (one, two);
    }

    private static void AssertIsAllOf(OriginFeed feed, IEnumerable<Event> events) => Assert.That(
        events.Where(made => made.NodeName == feed.NodeName).Select(made => (int)made.Sequence),
        Is.EqualTo(Enumerable.Range(1, (int)feed.Events)));
}
