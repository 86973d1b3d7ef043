using System.Buffers;
using Google.Protobuf;

namespace Monitor.Events.Tests;

[CancelAfter(20_000)]
public sealed class WaitTests
{
    [Test]
    public async Task WaitAsync_SomethingThere_CompletesAtOnce(CancellationToken cancellationToken)
    {
        using var log = TestLog.Create();
        var cursor = log.OpenCursor(filter: null, LogPosition.End);
        log.AppendConnections(1);

        Assert.That(await cursor.WaitAsync(cancellationToken), Is.True);
    }

    [Test]
    public async Task WaitAsync_Published_Completes(CancellationToken cancellationToken)
    {
        using var log = TestLog.Create();
        var cursor = log.OpenCursor(filter: null, LogPosition.End);
        var wait = cursor.WaitAsync(cancellationToken);
        log.Append(TestEvents.Connection(1, TestEvents.Start));
        Assert.That(wait.IsCompleted, Is.False);

        log.Publish();

        Assert.That(await wait, Is.True);
    }

    [Test]
    public void WaitAsync_Cancelled_ThrowsAndCanBeRepeated(CancellationToken cancellationToken)
    {
        using var log = TestLog.Create();
        var cursor = log.OpenCursor(filter: null, LogPosition.End);
        for (var round = 0; round < 3; round++)
        {
            using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var wait = cursor.WaitAsync(cancellation.Token).AsTask();
            cancellation.Cancel();

            Assert.That(async () => await wait, Throws.InstanceOf<OperationCanceledException>());
            Assert.That(log.Waiters.Count, Is.Zero);
            Assert.That(
                async () => await cursor.WaitAsync(cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        }

        var last = cursor.WaitAsync(cancellationToken).AsTask();
        log.AppendConnections(1);
        Assert.That(async () => await last, Is.True);
    }

    [Test]
    public async Task WaitAsync_LogEnds_ReturnsFalseOnceEverythingIsRead(CancellationToken cancellationToken)
    {
        var log = TestLog.Create();
        var waiting = log.OpenCursor(filter: null, LogPosition.End);
        var wait = waiting.WaitAsync(cancellationToken);
        log.Dispose();
        Assert.That(await wait, Is.False);

        var behind = log.OpenCursor(filter: null, LogPosition.Oldest);
        log.AppendConnections(1);
        Assert.That(await behind.WaitAsync(cancellationToken), Is.True);
        behind.ReadEvents(out _);
        Assert.That(await behind.WaitAsync(cancellationToken), Is.False);
    }

    [Test]
    public async Task WaitAsync_ThousandCursors_AllReadEverything(CancellationToken cancellationToken)
    {
        const int Cursors = 1000;
        const int Events = 200;
        using var log = TestLog.Create();
        var readers = Enumerable.Range(0, Cursors)
            .Select(_ => ReadAsync(log.OpenCursor(filter: null, LogPosition.Oldest), Events, cancellationToken))
            .ToArray();
        for (var published = 0; published < Events; published++)
        {
            log.AppendConnections(1);
            await Task.Yield();
        }

        await Task.WhenAll(readers);
    }

    [Test]
    public async Task WaitAsync_PublishedOneByOne_NeverMissesOne(CancellationToken cancellationToken)
    {
        // Each publishes only after the other has read: a wake-up that is lost shows as a time-out.
        const int Rounds = 20_000;
        using var ping = TestLog.Create();
        using var pong = TestLog.Create();
        var bytes = TestEvents.Connection(1, TestEvents.Start).ToByteArray();
        var both = Task.WhenAll(
            Task.Run(() => EchoAsync(ping, pong, bytes, Rounds, cancellationToken), cancellationToken),
            Task.Run(() => EchoAsync(pong, ping, bytes, Rounds, cancellationToken), cancellationToken));
        EventColumns.TryParse(bytes, ping.Types, out var columns);
        ping.Append(columns, bytes);
        ping.Publish();

        await both;

        Assert.That(ping.NextSequence, Is.EqualTo(Rounds + 2));
    }

    private static async Task ReadAsync(EventCursor cursor, int events, CancellationToken cancellationToken)
    {
        var output = new ArrayBufferWriter<byte>();
        while (cursor.GetCounters().Delivered < events)
        {
            await cursor.WaitAsync(cancellationToken);
            output.ResetWrittenCount();
            cursor.ReadBatch(output, 100, 100_000);
        }
    }

    private static async Task EchoAsync(
        EventLog from, EventLog to, byte[] bytes, int rounds, CancellationToken cancellationToken)
    {
        var cursor = from.OpenCursor(filter: null, LogPosition.Oldest);
        var output = new ArrayBufferWriter<byte>();
        EventColumns.TryParse(bytes, to.Types, out var columns);
        for (var round = 0; round < rounds; round++)
        {
            await cursor.WaitAsync(cancellationToken);
            output.ResetWrittenCount();
            var batch = cursor.ReadBatch(output, 1, 1000);
            Assert.That(batch.Events, Is.EqualTo(1));
            to.Append(columns, bytes);
            to.Publish();
        }
    }
}
