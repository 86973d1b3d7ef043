using Monitor.V1;

namespace Monitor.EventLog.Tests;

public sealed class CursorTests
{
    [Test]
    public void ReadBatch_AppendedButNotPublished_ReadsNothing()
    {
        using var log = TestLog.Create();
        var cursor = log.OpenCursor(filter: null, LogPosition.Oldest);
        log.Append(TestEvents.Connection(1, TestEvents.Start));

        Assert.That(cursor.ReadEvents(out var batch), Is.Empty);
        Assert.That(batch.AtEnd, Is.True);

        log.Publish();
        Assert.That(cursor.ReadEvents(out _), Is.EqualTo(new[] { TestEvents.Connection(1, TestEvents.Start) }));
    }

    [Test]
    public void ReadBatch_LossBetweenEvents_EndsTheBatchBeforeIt()
    {
        using var log = TestLog.Create();
        var cursor = log.OpenCursor(filter: null, LogPosition.End);
        log.AppendConnections(3);
        log.AppendLoss(TestLog.Loss(LossCause.RingFull, 7));
        log.AppendLoss(TestLog.Loss(LossCause.RateLimited, 2));
        log.AppendConnections(2);

        var before = cursor.ReadEvents(out var first);
        var after = cursor.ReadEvents(out var second);

        Assert.That(before.Select(read => read.Sequence), Is.EqualTo(new[] { 1ul, 2ul, 3ul }));
        Assert.That(first.Losses, Is.Empty);
        Assert.That(first.AtEnd, Is.False);
        Assert.That(after.Select(read => read.Sequence), Is.EqualTo(new[] { 4ul, 5ul }));
        Assert.That(second.Losses.Select(loss => (loss.Cause, loss.Count)), Is.EqualTo(
            new[] { (LossCause.RingFull, 7ul), (LossCause.RateLimited, 2ul) }));
        Assert.That(second.AtEnd, Is.True);
    }
}
