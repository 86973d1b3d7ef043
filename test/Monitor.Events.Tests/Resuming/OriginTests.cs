using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests;

/// <summary>Logs of aggregators, and clients that go from one to the next by their tokens.</summary>
public sealed class OriginTests
{
    private static ulong _epochs = 100;

    [Test]
    public void Token_OfTheSameRun_SaysHowFarEachOriginWasRead()
    {
        using var log = Aggregator();
        var (a, b) = (new OriginFeed(1, "a"), new OriginFeed(2, "b"));
        a.MakeEvents(5);
        a.MakeLoss(7);
        a.MakeEvents(5);
        b.MakeEvents(3);
        var originA = log.AddOrigin(1, "a", default);
        var originB = log.AddOrigin(2, "b", new OriginPoint(1, 1));
        a.Append(log, originA, 0, 4);
        b.Append(log, originB, 1, 3);
        a.Append(log, originA, 4, 11);
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);

        cursor.ReadEvents(out _, maxEvents: 3);
        Assert.That(Delivered(cursor), Is.EquivalentTo(new[] { (1ul, 3ul, 3ul), (2ul, 1ul, 1ul) }));
        cursor.ReadEvents(out _, maxEvents: 2);
        Assert.That(Delivered(cursor), Is.EquivalentTo(new[] { (1ul, 4ul, 4ul), (2ul, 2ul, 2ul) }));
        cursor.ReadEvents(out _);
        cursor.ReadEvents(out _);
        Assert.That(Delivered(cursor), Is.EquivalentTo(new[] { (1ul, 11ul, 10ul), (2ul, 3ul, 3ul) }));
    }

    [Test]
    public void Token_BehindAGapOfTheAgent_IsBehindTheGap()
    {
        using var log = Aggregator();
        var origin = log.AddOrigin(1, "a", default);
        log.AppendLoss(origin, TestLog.Loss(LossCause.Evicted, 90, node: "a"), new OriginPoint(92, 90));
        log.Publish();
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);

        cursor.ReadEvents(out var batch);

        Assert.That(batch.Losses.Single().Count, Is.EqualTo(90));
        Assert.That(Delivered(cursor), Is.EqualTo(new[] { (1ul, 92ul, 90ul) }));
    }

    [Test]
    public void Resume_InALaterRun_LeavesOutWhatTheClientHas()
    {
        var a = new OriginFeed(1, "a");
        a.MakeEvents(10);
        a.MakeLoss(3);
        a.MakeEvents(10);
        using var first = Aggregator();
        a.Append(first, first.AddOrigin(1, "a", default), 0, 21);
        var cursor = first.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _, maxEvents: 7);
        var token = cursor.GetResumeToken().ToString();

        using var second = Aggregator();
        a.Append(second, second.AddOrigin(1, "a", default), 0, 21);
        var resumed = second.OpenCursor(filter: null, second.Resume(token).Position);
        var events = resumed.ReadEvents(out var batch);

        Assert.That(events.Select(read => read.Sequence), Is.EqualTo(new ulong[] { 8, 9, 10 }));
        Assert.That(batch.Filtered, Is.EqualTo(7));
        events = resumed.ReadEvents(out batch);
        Assert.That(batch.Losses.Single().Count, Is.EqualTo(3));
        Assert.That(events, Has.Count.EqualTo(10));
    }

    /// <summary>The example of the README of Monitor.Events.</summary>
    [Test]
    public void Resume_AtAnotherAggregator_SkipsDuplicatesAndReportsTheGapOfEachOrigin()
    {
        var (a, b) = (new OriginFeed(1, "a"), new OriginFeed(2, "b"));
        a.MakeEvents(10);
        b.MakeEvents(5);
        using var first = Aggregator();
        a.Append(first, first.AddOrigin(1, "a", default), 0, 6);
        b.Append(first, first.AddOrigin(2, "b", default), 0, 3);
        var cursor = first.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _);
        Assert.That(Delivered(cursor), Is.EquivalentTo(new[] { (1ul, 6ul, 6ul), (2ul, 3ul, 3ul) }));

        using var second = Aggregator();
        var originB = second.AddOrigin(2, "b", default);
        b.Append(second, originB, 0, 2);
        a.Append(second, second.AddOrigin(1, "a", a.PointAt(7)), 7, 10);
        b.Append(second, originB, 2, 5);
        cursor = second.OpenCursor(filter: null, second.Resume(cursor.GetResumeToken().ToString()).Position);
        var events = cursor.ReadEvents(out var batch, maxEvents: 3);

        Assert.That(
            batch.Losses.Select(loss => (loss.NodeName, loss.Cause, loss.Count)),
            Is.EqualTo(new[] { ("a", LossCause.Evicted, 1ul) }));
        Assert.That(events.Select(read => (read.NodeName, read.Sequence)), Is.EqualTo(new[] { ("a", 8ul), ("a", 9ul), ("a", 10ul) }));
        Assert.That(batch.Filtered, Is.EqualTo(2));
        Assert.That(Delivered(cursor), Is.EquivalentTo(new[] { (1ul, 10ul, 10ul), (2ul, 3ul, 3ul) }));

        events = cursor.ReadEvents(out batch);
        Assert.That(events.Select(read => (read.NodeName, read.Sequence)), Is.EqualTo(new[] { ("b", 4ul), ("b", 5ul) }));
        Assert.That((batch.Filtered, batch.Losses.Count), Is.EqualTo((1L, 0)));
        Assert.That(Delivered(cursor), Is.EquivalentTo(new[] { (1ul, 10ul, 10ul), (2ul, 5ul, 5ul) }));
        Assert.That(cursor.GetResumeToken().HasDuplicatesAhead, Is.False);
    }

    [Test]
    public void Resume_BeforeTheAgentIsBack_WaitsForIt()
    {
        var a = new OriginFeed(1, "a");
        a.MakeEvents(10);
        using var first = Aggregator();
        a.Append(first, first.AddOrigin(1, "a", default), 0, 6);
        var cursor = first.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _);

        using var second = Aggregator();
        cursor = second.OpenCursor(filter: null, second.Resume(cursor.GetResumeToken().ToString()).Position);
        Assert.That(cursor.ReadEvents(out _), Is.Empty);

        // The token of a client that has read nothing yet still says what it has.
        using var third = Aggregator();
        cursor = third.OpenCursor(filter: null, third.Resume(cursor.GetResumeToken().ToString()).Position);
        Assert.That(cursor.ReadEvents(out _), Is.Empty);
        a.Append(third, third.AddOrigin(1, "a", default), 0, 10);
        Assert.That(cursor.ReadEvents(out var batch).Select(read => read.Sequence), Is.EqualTo(new ulong[] { 7, 8, 9, 10 }));
        Assert.That(batch.Losses, Is.Empty);
    }

    [Test]
    public void Resume_OfTwoNodesOfTheSameEpoch_TellsThemApart()
    {
        var (a, b) = (new OriginFeed(1, "a"), new OriginFeed(1, "b"));
        a.MakeEvents(7);
        b.MakeEvents(5);
        using var first = Aggregator();
        a.Append(first, first.AddOrigin(1, "a", default), 0, 5);
        b.Append(first, first.AddOrigin(1, "b", default), 0, 3);
        var cursor = first.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _);

        using var second = Aggregator();
        a.Append(second, second.AddOrigin(1, "a", default), 0, 7);
        b.Append(second, second.AddOrigin(1, "b", default), 0, 5);
        cursor = second.OpenCursor(filter: null, second.Resume(cursor.GetResumeToken().ToString()).Position);
        var events = cursor.ReadEvents(out var batch).Concat(cursor.ReadEvents(out var next));

        Assert.That(
            events.Select(read => (read.NodeName, read.Sequence)),
            Is.EqualTo(new[] { ("a", 6ul), ("a", 7ul), ("b", 4ul), ("b", 5ul) }));
        Assert.That(batch.Losses.Concat(next.Losses), Is.Empty);
    }

    [Test]
    public void Resume_WithAnotherNodeInThePlaceOfOneThatIsAway_TakesItForNoRestart()
    {
        var (away, b) = (new OriginFeed(1, "away"), new OriginFeed(2, "b"));
        away.MakeEvents(4);
        b.MakeEvents(3);
        using var first = Aggregator();
        away.Append(first, first.AddOrigin(1, "away", default), 0, 4);
        var cursor = first.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _);

        using var second = Aggregator();
        b.Append(second, second.AddOrigin(2, "b", default), 0, 3);
        cursor = second.OpenCursor(filter: null, second.Resume(cursor.GetResumeToken().ToString()).Position);
        var events = cursor.ReadEvents(out var batch);

        Assert.That(events, Has.Count.EqualTo(3));
        Assert.That(batch.Losses, Is.Empty);
        Assert.That(Delivered(cursor), Is.EquivalentTo(new[] { (1ul, 4ul, 4ul), (2ul, 3ul, 3ul) }));
    }

    [Test]
    public void Resume_AgentRestartedMeanwhile_SaysSo()
    {
        var old = new OriginFeed(1, "a");
        old.MakeEvents(4);
        using var first = Aggregator();
        old.Append(first, first.AddOrigin(1, "a", default), 0, 4);
        var cursor = first.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _);

        var run = new OriginFeed(2, "a");
        run.MakeEvents(5);
        using var second = Aggregator();
        run.Append(second, second.AddOrigin(2, "a", run.PointAt(2)), 2, 5);
        cursor = second.OpenCursor(filter: null, second.Resume(cursor.GetResumeToken().ToString()).Position);
        var events = cursor.ReadEvents(out var batch);

        Assert.That(
            batch.Losses.Select(loss => (loss.NodeName, loss.Cause, loss.Count)),
            Is.EqualTo(new[] { ("a", LossCause.Restarted, 0ul), ("a", LossCause.Evicted, 2ul) }));
        Assert.That(events, Has.Count.EqualTo(3));
    }

    [Test]
    public void Resume_WhereTheLogHasAnEarlierRunOfTheAgentToo_LeavesThatOut()
    {
        var (old, run) = (new OriginFeed(1, "a"), new OriginFeed(2, "a"));
        old.MakeEvents(4);
        run.MakeEvents(6);
        using var first = Aggregator();
        run.Append(first, first.AddOrigin(2, "a", default), 0, 5);
        var cursor = first.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _);

        using var second = Aggregator();
        var origin = second.AddOrigin(1, "a", default);
        old.Append(second, origin, 0, 4);
        var next = second.AddOrigin(2, "a", default, replaces: origin);
        second.AppendLoss(next, TestLog.Loss(LossCause.Restarted, 0, node: "a"), default);
        run.Append(second, next, 0, 6);
        cursor = second.OpenCursor(filter: null, second.Resume(cursor.GetResumeToken().ToString()).Position);
        var events = cursor.ReadEvents(out var batch);

        Assert.That(events.Select(read => (read.Id[..16], read.Sequence)), Is.EqualTo(new[] { ("0000000000000002", 6ul) }));
        Assert.That(batch.Losses, Is.Empty);
    }

    [Test]
    public void Resume_BeforeSeveralLossesOfOneMessage_ReportsAll()
    {
        var a = new OriginFeed(1, "a");
        a.MakeEvents(3);
        using var first = Aggregator();
        a.Append(first, first.AddOrigin(1, "a", default), 0, 3);
        var cursor = first.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _);

        a.MakeLoss(1);
        a.MakeLoss(2);
        a.MakeEvents(1);
        using var second = Aggregator();
        a.Append(second, second.AddOrigin(1, "a", default), 0, 6);
        cursor = second.OpenCursor(filter: null, second.Resume(cursor.GetResumeToken().ToString()).Position);
        var events = cursor.ReadEvents(out var batch);

        Assert.That(batch.Losses.Select(loss => loss.Count), Is.EqualTo(new[] { 1ul, 2ul }));
        Assert.That(events, Has.Count.EqualTo(1));
    }

    [Test]
    public void Resume_WithAnAgentThatIsGone_GoesOnInTheSameLogWithoutRepetition()
    {
        var (a, gone) = (new OriginFeed(1, "a"), new OriginFeed(2, "gone"));
        a.MakeEvents(10);
        gone.MakeEvents(2);
        using var first = Aggregator();
        a.Append(first, first.AddOrigin(1, "a", default), 0, 2);
        gone.Append(first, first.AddOrigin(2, "gone", default), 0, 2);
        var cursor = first.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _);

        using var second = Aggregator();
        var origin = second.AddOrigin(1, "a", default);
        a.Append(second, origin, 0, 5);
        var seen = new List<ulong>();
        var token = cursor.GetResumeToken().ToString();
        for (var round = 0; round < 3; round++)
        {
            cursor = second.OpenCursor(filter: null, second.Resume(token).Position);
            seen.AddRange(cursor.ReadEvents(out _, maxEvents: 2).Select(read => read.Sequence));
            token = cursor.GetResumeToken().ToString();
        }

        Assert.That(seen, Is.EqualTo(new ulong[] { 3, 4, 5 }));
        Assert.That(Delivered(cursor), Is.EquivalentTo(new[] { (1ul, 5ul, 5ul), (2ul, 2ul, 2ul) }), "it may come back");
    }

    [Test]
    public void Resume_AfterTheSameLogTurnedOver_CountsWhatLeftItExactly()
    {
        using var log = Aggregator(mebibytes: 1);
        var (a, run) = (new OriginFeed(1, "a"), new OriginFeed(2, "a"));
        a.MakeEvents(1000);
        run.MakeEvents(8000);
        var origin = log.AddOrigin(1, "a", default);
        a.Append(log, origin, 0, 100);
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _);
        var token = cursor.GetResumeToken().ToString();
        a.Append(log, origin, 100, 1000);
        run.Append(log, log.AddOrigin(2, "a", default, replaces: origin), 0, 8000);

        var resumed = log.Resume(token);
        cursor = log.OpenCursor(filter: null, resumed.Position);
        Assert.That(cursor.GetResumeToken().ToString(), Is.EqualTo(token));
        var first = cursor.ReadEvents(out var batch)[0];

        Assert.That(resumed.Status, Is.EqualTo(ResumeStatus.Evicted));
        Assert.That(
            batch.Losses.Select(loss => (loss.NodeName, loss.Cause, loss.Count)),
            Is.EqualTo(new[] { ("", LossCause.Evicted, 900 + first.Sequence - 1) }));
    }

    [Test]
    public void Resume_AtAnAgentByATokenOfAnAggregator_IsRefused()
    {
        using var aggregator = Aggregator();
        var token = aggregator.OpenCursor(filter: null, LogPosition.Oldest).GetResumeToken().ToString();
        using var agent = TestLog.Create();

        Assert.That(agent.Resume(token).Status, Is.EqualTo(ResumeStatus.OtherEpoch));
    }

    [Test]
    public void Replaced_Origin_LeavesTheTokenWithTheFirstEntryOfTheNext()
    {
        using var log = Aggregator();
        var (old, run) = (new OriginFeed(1, "a"), new OriginFeed(2, "a"));
        old.MakeEvents(3);
        run.MakeEvents(3);
        var origin = log.AddOrigin(1, "a", default);
        old.Append(log, origin, 0, 3);
        var next = log.AddOrigin(2, "a", default, replaces: origin);
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _);
        Assert.That(Delivered(cursor), Is.EqualTo(new[] { (1ul, 3ul, 3ul) }));

        run.Append(log, next, 0, 3);
        cursor.ReadEvents(out _);
        Assert.That(Delivered(cursor), Is.EqualTo(new[] { (2ul, 3ul, 3ul) }));
    }

    [Test]
    public void Retired_Origin_LeavesTokensWithTheNextSegment()
    {
        using var log = Aggregator();
        var (a, b) = (new OriginFeed(1, "a"), new OriginFeed(2, "b"));
        a.MakeEvents(3);
        b.MakeEvents(8000);
        var origin = log.AddOrigin(1, "a", default);
        a.Append(log, origin, 0, 3);
        log.RetireOrigin(origin);
        b.Append(log, log.AddOrigin(2, "b", default), 0, 8000);
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);
        for (CursorBatch batch = default; !batch.AtEnd;)
        {
            cursor.ReadEvents(out batch);
        }

        Assert.That(Delivered(cursor), Is.EqualTo(new[] { (2ul, 8000ul, 8000ul) }));
    }

    /// <summary>
    /// Agents that make events and losses, aggregators that are restarted with what the agents still have, some of it
    /// too late, and a client that goes from one to the next: nothing twice, and nothing missing unreported.
    /// </summary>
    [TestCase(1, false)]
    [TestCase(2, false)]
    [TestCase(3, false)]
    [TestCase(4, true)]
    [TestCase(5, true)]
    [TestCase(6, true)]
    [TestCase(7, false, 1)]
    [TestCase(8, false, 1)]
    [TestCase(9, true, 1)]
    [TestCase(10, true, 1)]
    public void Clients_AcrossRunsOfAggregators_MissNothingUnreported(int seed, bool gaps, int mebibytes = 16)
    {
        var random = new Random(seed);
        var feeds = Enumerable.Range(1, 5).Select(n => new OriginFeed((ulong)n, $"node-{n}")).ToArray();
        var seen = feeds.ToDictionary(feed => feed.NodeName, _ => new HashSet<ulong>());
        var evicted = 0ul;
        var ringLosses = 0ul;
        var madeLosses = 0ul;
        var before = new Dictionary<OriginFeed, long>();
        var log = Aggregator(mebibytes);
        var fed = new Dictionary<OriginFeed, (Origin Origin, int Position)>();
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);
        for (var round = 0; round < 400; round++)
        {
            var feed = feeds[random.Next(feeds.Length)];
            feed.MakeEvents(random.Next(100));
            if (random.Next(3) == 0)
            {
                feed.MakeLoss(1);
                madeLosses++;
            }

            if (!fed.TryGetValue(feed, out var at))
            {
                // A new run of the aggregator gets what the agent still has.
                var client = cursor.GetResumeToken().Delivered!.FirstOrDefault(origin => origin.Epoch == feed.Epoch);
                var start = gaps ? random.Next(feed.Length + 1) : random.Next((int)client.Position + 1);
                at = (log.AddOrigin(feed.Epoch, feed.NodeName, feed.PointAt(start)), start);
                if (client.Epoch == 0)
                {
                    // A client that never saw the node is not told of what was before.
                    before[feed] = feed.PointAt(start).Events;
                }
            }

            var to = random.Next(at.Position, feed.Length + 1);
            feed.Append(log, at.Origin, at.Position, to);
            fed[feed] = (at.Origin, to);
            if (random.Next(mebibytes == 1 ? 30 : 2) == 0)
            {
                Read(random.Next(1, 200));
            }

            var token = cursor.GetResumeToken().ToString();
            if (random.Next(5) == 0)
            {
                var resumed = log.Resume(token);
                Assert.That(resumed.Status, Is.AnyOf(ResumeStatus.Ok, ResumeStatus.Evicted));
                cursor = log.OpenCursor(filter: null, resumed.Position);
            }
            else if (random.Next(20) == 0)
            {
                log.Dispose();
                log = Aggregator(mebibytes);
                fed.Clear();
                cursor = log.OpenCursor(filter: null, log.Resume(token).Position);
            }
        }

        // In the end every agent is read to its end.
        foreach (var feed in feeds)
        {
            if (!fed.TryGetValue(feed, out var at))
            {
                at = (log.AddOrigin(feed.Epoch, feed.NodeName, default), 0);
            }

            feed.Append(log, at.Origin, at.Position, feed.Length);
            for (var batch = Read(10_000); !batch.AtEnd;)
            {
                batch = Read(10_000);
            }
        }

        var made = feeds.Sum(feed => (long)feed.Events - before.GetValueOrDefault(feed));
        Assert.That(seen.Values.Sum(sequences => sequences.Count) + (long)evicted, Is.EqualTo(made));
        gaps |= mebibytes == 1;
        Assert.That(ringLosses, gaps ? Is.LessThanOrEqualTo(madeLosses) : Is.EqualTo(madeLosses));
        Assert.That(evicted, gaps ? Is.Positive : Is.Zero);
        log.Dispose();

        CursorBatch Read(int most)
        {
            var events = cursor.ReadEvents(out var batch, most);
            foreach (var read in events)
            {
                Assert.That(seen[read.NodeName].Add(read.Sequence), Is.True, $"{read.NodeName} {read.Sequence} came twice");
            }

            foreach (var loss in batch.Losses)
            {
                Assert.That(loss.Cause, Is.Not.EqualTo(LossCause.Unspecified));
                evicted += loss.Cause == LossCause.Evicted ? loss.Count : 0;
                ringLosses += loss.Cause == LossCause.RingFull ? loss.Count : 0;
            }

            return batch;
        }
    }

    private static EventLog Aggregator(int mebibytes = 16) => new(
        new EventLogOptions { RetentionBytes = (long)mebibytes << 20, TracksOrigins = true },
        Interlocked.Increment(ref _epochs),
        TimeProvider.System);

    private static List<(ulong Epoch, ulong Position, ulong Events)> Delivered(EventCursor cursor)
    {
        // By way of the text, as a client has it.
        Assert.That(ResumeToken.TryParse(cursor.GetResumeToken().ToString(), out var token), Is.True);
        return [.. token!.Delivered!.Select(origin => (origin.Epoch, origin.Position, origin.Events))];
    }
}
