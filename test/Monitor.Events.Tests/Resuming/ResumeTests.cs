using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests;

public sealed class ResumeTests
{
    [Test]
    public void Resume_AfterEachBatch_NeitherRepeatsNorSkips()
    {
        var random = new Random(6);
        using var log = TestLog.Create();
        var token = log.OpenCursor(filter: null, LogPosition.Oldest).GetResumeToken().ToString();
        ulong next = 1;
        ulong losses = 0;
        ulong reported = 0;
        for (var round = 0; round < 300; round++)
        {
            log.AppendConnections(random.Next(30));
            if (random.Next(3) == 0)
            {
                log.AppendLoss(TestLog.Loss(LossCause.RingFull, 3));
                losses += 3;
            }

            log.Publish();
            var resumed = log.Resume(token);
            Assert.That(resumed.Status, Is.EqualTo(ResumeStatus.Ok));
            Assert.That(resumed.NextSequence, Is.EqualTo(next));
            var cursor = log.OpenCursor(filter: null, resumed.Position);
            var events = cursor.ReadEvents(out var batch, maxEvents: random.Next(1, 40));
            foreach (var read in events)
            {
                Assert.That(read.Sequence, Is.EqualTo(next++));
            }

            reported += (ulong)batch.Losses.Sum(loss => (long)loss.Count);
            token = cursor.GetResumeToken().ToString();
        }

        var last = log.OpenCursor(filter: null, log.Resume(token).Position);
        for (CursorBatch rest = default; !rest.AtEnd;)
        {
            next += (ulong)last.ReadEvents(out rest).Count;
            reported += (ulong)rest.Losses.Sum(loss => (long)loss.Count);
        }

        Assert.That((next, reported), Is.EqualTo((log.NextSequence, losses)));
    }

    [Test]
    public void Resume_Evicted_SaysWhatIsMissingAndTheCursorAgrees()
    {
        using var log = TestLog.Create();
        log.AppendConnections(10);
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 5));
        log.AppendConnections(1);
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _, maxEvents: 8);
        var token = cursor.GetResumeToken().ToString();
        log.AppendConnections(20_000);

        var resumed = log.Resume(token);

        Assert.That(resumed.Status, Is.EqualTo(ResumeStatus.Evicted));
        Assert.That(resumed.NextSequence, Is.EqualTo(9));
        Assert.That(resumed.Missed, Is.EqualTo(resumed.OldestSequence - 9));
        var again = log.OpenCursor(filter: null, resumed.Position);
        Assert.That(again.ReadEvents(out var batch)[0].Sequence, Is.EqualTo(resumed.OldestSequence));
        Assert.That(batch.Losses.Select(loss => (loss.Cause, loss.Count)), Is.EqualTo(
            new[] { (LossCause.Evicted, resumed.Missed), (LossCause.RingFull, 5ul) }));
    }

    [Test]
    public void Resume_TokenOfAnotherRun_IsOtherEpoch()
    {
        using var log = TestLog.Create();
        log.AppendConnections(10);
        var token = new ResumeToken(TestLog.Epoch + 1, 3, 3, []).ToString();

        Assert.That(log.Resume(token).Status, Is.EqualTo(ResumeStatus.OtherEpoch));
    }

    [Test]
    public void Resume_EmptyLog_ContinuesFromItsStart()
    {
        using var log = TestLog.Create();
        var token = log.OpenCursor(filter: null, LogPosition.End).GetResumeToken().ToString();

        Assert.That(log.Resume(token).Status, Is.EqualTo(ResumeStatus.Ok));
        log.AppendConnections(1);
        Assert.That(log.OpenCursor(null, log.Resume(token).Position).ReadEvents(out _), Has.Count.EqualTo(1));
    }

    [TestCase(11ul, 11ul, 0ul, TestName = "Resume_PositionBeyondTheEnd_IsGarbage")]
    [TestCase(ulong.MaxValue, 5ul, 0ul, TestName = "Resume_PositionBeyondAllNumbers_IsGarbage")]
    [TestCase(9ul, 8ul, 0ul, TestName = "Resume_CountThatTheLogKnowsBetter_IsGarbage")]
    public void Resume_ImpossibleToken_IsGarbage(ulong position, ulong events, ulong lost)
    {
        using var log = TestLog.Create();
        log.AppendConnections(10);

        Assert.That(
            log.Resume(new ResumeToken(TestLog.Epoch, position, events, [lost]).ToString()).Status,
            Is.EqualTo(ResumeStatus.Garbage));
    }

    [TestCase(5ul, 1ul, 1ul, TestName = "Resume_EvictedWithLossesThatNeverWere_IsGarbage")]
    [TestCase(5ul, 1ul, 0ul, TestName = "Resume_EvictedWithMoreEventsToComeThanEntries_IsGarbage")]
    public void Resume_ImpossibleEvictedToken_IsGarbage(ulong position, ulong events, ulong lost)
    {
        using var log = TestLog.Create();
        log.AppendConnections(20_000);

        Assert.That(
            log.Resume(new ResumeToken(TestLog.Epoch, position, events, [lost]).ToString()).Status,
            Is.EqualTo(ResumeStatus.Garbage));
    }

    [Test]
    public void Resume_DamagedTokens_AreGarbage()
    {
        var random = new Random(8);
        using var log = TestLog.Create();
        log.AppendConnections(100);
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);
        cursor.ReadEvents(out _, maxEvents: 50);
        var good = cursor.GetResumeToken().ToString();
        foreach (var bad in TestTokens.Damaged(random, good, 20_000))
        {
            Assert.That(log.Resume(bad).Status, Is.EqualTo(ResumeStatus.Garbage), bad);
        }

        Assert.That(log.Resume(good).Status, Is.EqualTo(ResumeStatus.Ok));
        Assert.That(log.Resume(null).Status, Is.EqualTo(ResumeStatus.Garbage));
    }
}
