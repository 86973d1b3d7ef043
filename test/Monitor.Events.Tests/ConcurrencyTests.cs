using System.Buffers;
using System.Buffers.Binary;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests;

/// <summary>One writer at full speed in a log that wraps all the time, and readers of every kind beside it.</summary>
[CancelAfter(60_000)]
public sealed class ConcurrencyTests
{
    // Tag of the test's own field with the sequence in eight bytes: found at the same place in every event.
    private const int SequenceAt = 3;
    private static readonly byte[] Template = [0xa1, 0x06, 0, 0, 0, 0, 0, 0, 0, 0, 0xa2, 0x06, 100, .. new byte[100]];

    [TestCase(2_000_000, 1 << 20, TestName = "TwoMillionEvents_LogThatWrapsAllTheTime_AccountsForEachOne")]
    [TestCase(500_000, 32 << 20, TestName = "Events_LogThatIsReadInTime_AccountsForEachOne")]
    public void Events_CursorsOfEverySpeed_AccountForEachOne(
        int events, long retention, CancellationToken cancellationToken)
    {
        using var log = TestLog.Create(retention);
        using var done = new CancellationTokenSource();
        var readers = new[]
        {
            Follow(log, null, 512, 0, cancellationToken),
            Follow(log, null, 10_000, 50_000, cancellationToken),
            Follow(log, new EventFilter { Pid = { 3 } }, 100, 0, cancellationToken),
            Follow(log, new EventFilter { Type = { "odd" } }, 1000, 5_000, cancellationToken),
        };
        var queries = Task.Run(() => Query(log, done.Token), cancellationToken);
        var losses = 0ul;
        var odd = log.Types.GetOrAdd("odd");
        var even = log.Types.GetOrAdd("even");
        var bytes = Template.ToArray();
        while (log.NextSequence <= (ulong)events)
        {
            var sequence = log.NextSequence;
            var columns = new EventColumnsBuilder((long)sequence, sequence % 2 == 1 ? odd : even);
            columns.SetPid((uint)(sequence % 7));
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(SequenceAt - 1), sequence);
            log.Append(columns.Build(), bytes);
            if (sequence % 5000 == 0)
            {
                log.AppendLoss(TestLog.Loss(LossCause.RingFull, 3, "", ""));
                losses += 3;
            }

            if (sequence % 128 == 0)
            {
                log.Publish();
            }
        }

        log.Publish();
        log.Dispose();
        Task.WaitAll(readers, cancellationToken);
        done.Cancel();
        queries.Wait(cancellationToken);

        foreach (var reader in readers)
        {
            var (counters, reported) = reader.Result;
            Assert.That(counters.Stored, Is.EqualTo(events));
            Assert.That(counters.Ahead, Is.Zero);
            Assert.That(counters.Delivered + counters.Filtered + counters.Evicted, Is.EqualTo(events));
            Assert.That(reported, Is.EqualTo((losses, (ulong)counters.Evicted)));
        }

        Assert.That(log.Store.AllocatedBytes, Is.LessThanOrEqualTo(retention * 5 / 4), "Readers keep segments that nobody reads.");
        TestContext.Out.WriteLine(string.Join(
            Environment.NewLine,
            readers.Select(reader => $"delivered {reader.Result.Counters.Delivered}, evicted {reader.Result.Counters.Evicted}")));
    }

    /// <summary>Opens the cursor at once and follows it on another thread.</summary>
    private static Task<(CursorCounters Counters, (ulong RingFull, ulong Evicted) Reported)> Follow(
        EventLog log, EventFilter? filter, int maxEvents, int spins, CancellationToken cancellationToken)
    {
        var cursor = log.OpenCursor(filter, LogPosition.Oldest);
        return Task.Run(() => FollowAsync(cursor, filter, maxEvents, spins, cancellationToken), cancellationToken);
    }

    /// <summary>Reads to the end of the log and checks that what it sees is without gaps but those it is told of.</summary>
    private static async Task<(CursorCounters Counters, (ulong RingFull, ulong Evicted) Reported)> FollowAsync(
        EventCursor cursor, EventFilter? filter, int maxEvents, int spins, CancellationToken cancellationToken)
    {
        var output = new ArrayBufferWriter<byte>(1 << 20);
        var losses = new ulong[ResumeToken.LossCauses];
        ulong before = 0;
        while (await cursor.WaitAsync(cancellationToken))
        {
            output.ResetWrittenCount();
            var batch = cursor.ReadBatch(output, maxEvents, 1 << 20);
            foreach (var loss in batch.Losses)
            {
                losses[(int)loss.Cause] += loss.Count;
            }

            // Without a filter the sequences are those before, plus what was evicted, plus one.
            before += filter is null ? (ulong)batch.Evicted : 0;
            before = Check(output.WrittenSpan, batch.Events, filter, before);
            Thread.SpinWait(spins);
        }

        return (cursor.GetCounters(), (losses[(int)LossCause.RingFull], losses[(int)LossCause.Evicted]));
    }

    private static ulong Check(ReadOnlySpan<byte> bytes, int events, EventFilter? filter, ulong before)
    {
        var size = Template.Length + 2;
        if (bytes.Length != events * size)
        {
            throw new InvalidOperationException($"{events} events have {bytes.Length} bytes.");
        }

        for (var at = 0; at < bytes.Length; at += size)
        {
            var sequence = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(at + 2 + SequenceAt - 1)..]);
            var expected = filter switch
            {
                null => sequence == before + 1,
                { Pid.Count: > 0 } => sequence > before && sequence % 7 == 3,
                _ => sequence > before && sequence % 2 == 1,
            };
            if (!expected || bytes[at] != 0x0a || bytes[at + 2] != 0xa1)
            {
                throw new InvalidOperationException($"Sequence {sequence} after {before}.");
            }

            before = sequence;
        }

        return before;
    }

    /// <summary>Pages through the log again and again, and checks order and count.</summary>
    private static void Query(EventLog log, CancellationToken done)
    {
        var token = "";
        var last = ulong.MaxValue;
        while (!done.IsCancellationRequested)
        {
            using var page = log.Query(new EventQuery
            {
                Filter = new EventFilter { Pid = { 3 } },
                Limit = 100,
                PageToken = token,
            });
            var bytes = page.Events.Span;
            for (; bytes.Length > 0; bytes = bytes[(Template.Length + 2)..])
            {
                var sequence = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(2 + SequenceAt - 1)..]);
                if (sequence >= last || sequence % 7 != 3)
                {
                    throw new InvalidOperationException($"Sequence {sequence} after {last}.");
                }

                last = sequence;
            }

            if (page.Count > page.TotalCount)
            {
                throw new InvalidOperationException($"{page.Count} events of {page.TotalCount}.");
            }

            token = page.NextPageToken;
            last = token.Length == 0 ? ulong.MaxValue : last;
        }
    }
}
