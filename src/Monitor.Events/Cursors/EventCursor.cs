using System.Buffers;
using System.Runtime.CompilerServices;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// Reads a log from one place on, at its own pace, from the past into the present. It holds nothing in the log: it need
/// not be closed, and a slow cursor does not slow others down. For one thread at a time, except
/// <see cref="GetCounters"/>.
/// </summary>
public sealed class EventCursor
{
    // Entries that one call looks at. A filter that matches nothing takes about 3 ms for them; then the caller can check
    // whether its client is still there.
    private const int MaxScannedEntries = 1 << 18;

    private readonly LogStore _log;
    private readonly CursorWaiters _waiters;
    private readonly EventFilterPlan _filter;
    private readonly TypeSelection _types;
    private readonly string _nodeName;
    private readonly CursorWait _wait;
    private OriginProgress? _origins;

    // The last event of each run that the reader has from elsewhere, by epoch. Null where it has none that may come.
    private Dictionary<ulong, ulong>? _leftOut;

    // Guards the five below for readers of the counters; taken once per batch.
    private readonly Lock _lock = new();
    private long _firstEvents;
    private LogPoint _at;
    private long _delivered;
    private long _filtered;
    private long _evicted;

    internal EventCursor(
        LogStore log,
        CursorWaiters waiters,
        EventFilterPlan filter,
        in LogPoint start,
        string nodeName,
        OriginProgress? origins)
    {
        _log = log;
        _waiters = waiters;
        _origins = origins;
        _filter = filter;
        _types = new TypeSelection(filter, log.Types);
        _nodeName = nodeName;
        _wait = new CursorWait(waiters);
        _at = start;
        _firstEvents = start.Events;
    }

    /// <summary>The filter, in its canonical form.</summary>
    public EventFilter Filter => _filter.Canonical;

    /// <summary>Where it is: how many entries of the log, of this run and those before, precede its next one.</summary>
    public long Position => _at.Position;

    /// <summary>How many of these entries are events.</summary>
    public long EventsBefore => _at.Events;

    /// <summary>Whether there are published entries, of any kind, that the cursor has not read.</summary>
    public bool HasMore => _log.PublishedPosition > _at.Position;

    /// <summary>Moves to the oldest stored entry, for a reader that gets what is older from elsewhere. The counters begin again there.</summary>
    /// <returns>What is older: the runs that the log knows, each once. Of others all is.</returns>
    public IReadOnlyList<RunBegin> MoveToOldest()
    {
        var begin = LogBegin.Find(_log);
        _origins = _log.TracksOrigins ? OriginProgress.StartAt(begin.Marks, _log.Time) : null;
        lock (_lock)
        {
            _at = begin.At;
            _firstEvents = begin.At.Events - _delivered - _filtered - _evicted;
        }

        return begin.Runs;
    }

    /// <summary>Whether it stops where the oldest entries have left the log, as at its end, and does not say what is missing: the reader gets
    /// that from elsewhere, and calls <see cref="MoveToOldest"/>. Entries that are missing between others are a loss in any case.</summary>
    public bool StopsAtGaps { get; set; }

    /// <summary>Whether the entries that come next have left the log.</summary>
    public bool IsEvicted => (_log.Segments is [var oldest, ..] ? oldest.Start : _log.RunStart).Position > _at.Position;

    /// <summary>Leaves out events that the reader has from elsewhere, and that may come with an agent that the log does not have
    /// yet. They count as filtered.</summary>
    /// <param name="delivered">The last of them, by the epoch of their run.</param>
    public void LeaveOut(IReadOnlyDictionary<ulong, ulong> delivered) => _leftOut = delivered.Count == 0 ? null : new(delivered);

    /// <summary>Whether the next batch reads entries from the disk, some milliseconds, or waits for who reads them.</summary>
    public bool NeedsLoading =>
        PositionResolver.Find(_log.Segments, _at.Position, out var next) is var segment && (segment ?? next)?.NeedsLoading == true;

    /// <summary>
    /// Copies the next matching events, each as an element of <c>StreamEventsResponse.events</c> or
    /// <c>ListEventsResponse.events</c>: tag, length, bytes. Never waits. The batch ends at a maximum, at the end of the
    /// log, at a loss that follows events, before entries that have to be read from the disk, or after 262 144 entries.
    /// </summary>
    /// <param name="output">Where to copy to. If it throws, the cursor stays where it is.</param>
    /// <param name="maxEvents">Most events, 1 or more.</param>
    /// <param name="maxBytes">Most bytes, 1 or more. A first event that is larger comes alone.</param>
    public CursorBatch ReadBatch(IBufferWriter<byte> output, int maxEvents, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        var batch = new BatchBuilder(_at, output, maxEvents, maxBytes);
        _origins?.BeginBatch();
        while (!batch.Full && batch.Scanned < MaxScannedEntries)
        {
            var segments = _log.Segments;
            var segment = PositionResolver.Find(segments, batch.At.Position, out var next);
            if (segment is null)
            {
                if (next is null || (StopsAtGaps && next == segments[0]))
                {
                    batch.AtEnd = true;
                    break;
                }

                // The losses of a batch come before its events, so this one waits for the next batch.
                if (batch.Events > 0)
                {
                    break;
                }

                SkipEvicted(ref batch, next);
                continue;
            }

            if (segment.NeedsLoading && batch.At.Position > _at.Position)
            {
                // One for each batch, so that whoever reads much can let others go first.
                break;
            }

            if (!segment.TryAcquire())
            {
                // The log has it no more.
                continue;
            }

            var index = (int)(batch.At.Position - segment.Start.Position);
            try
            {
                ReadSegment(ref batch, segment);
                _origins?.Advance(segment, index, (int)(batch.At.Position - segment.Start.Position));
            }
            finally
            {
                segment.Release();
            }

            if (batch.AtEnd || batch.AtLoss)
            {
                break;
            }
        }

        return Commit(batch);
    }

    /// <summary>
    /// Completes when an entry after the cursor's position was published, whether it matches the filter or not.
    /// Allocates nothing. One wait at a time.
    /// </summary>
    /// <returns>False if the log has ended and nothing will follow.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (!HasMore)
        {
            if (_waiters.Closed)
            {
                return false;
            }

            cancellationToken.ThrowIfCancellationRequested();
            await _wait.WaitAsync(_at.Position, cancellationToken);
        }

        return true;
    }

    /// <summary>The token with which a stream resumes after the last batch.</summary>
    public ResumeToken GetResumeToken()
    {
        var run = _log.RunOf(_at.Position);
        var losses = _at.Losses.Since(run.Start.Losses);
        return new ResumeToken(
            run.Epoch,
            (ulong)(_at.Position - run.Start.Position),
            (ulong)(_at.Events - run.Start.Events),
            losses,
            _origins?.ToDelivered(),
            _origins is { MayHaveDuplicates: true });
    }

    /// <summary>How many events were delivered, filtered and missed so far. Any thread.</summary>
    public CursorCounters GetCounters()
    {
        lock (_lock)
        {
            // The log counts an event before a cursor can read it, so this is never below the cursor's count.
            var published = _log.PublishedEvents;
            return new CursorCounters
            {
                Stored = published - _firstEvents,
                Delivered = _delivered,
                Filtered = _filtered,
                Evicted = _evicted,
                Ahead = published - _at.Events,
            };
        }
    }

    private CursorBatch Commit(in BatchBuilder batch)
    {
        _origins?.CommitBatch();
        lock (_lock)
        {
            _at = batch.At;
            _delivered += batch.Events;
            _filtered += batch.Filtered;
            _evicted += batch.Evicted;
        }

        return new CursorBatch
        {
            Events = batch.Events,
            Bytes = batch.Bytes,
            Filtered = batch.Filtered,
            Evicted = batch.Evicted,
            Losses = (IReadOnlyList<Loss>?)batch.Losses ?? [],
            AtEnd = batch.AtEnd,
        };
    }

    private void ReadSegment(ref BatchBuilder batch, Segment segment)
    {
        var count = segment.Published;
        var index = (int)(batch.At.Position - segment.Start.Position);
        if (index >= count)
        {
            // A next segment would start here and would have been found instead.
            batch.AtEnd = true;
            return;
        }

        if (index == 0)
        {
            _origins?.EnterSegment(segment);
        }

        // After the count was read: the types of all these entries have their numbers.
        _types.Refresh();
        while (index < count && !batch.Full && batch.Scanned < MaxScannedEntries)
        {
            var end = count;
            if (_origins is { MayHaveDuplicates: true } && !TrySkipDuplicates(ref batch, segment, ref index, ref end))
            {
                return;
            }

            if (_leftOut is not null)
            {
                LeaveOut(ref batch, segment, ref index, ref end);
            }

            if (index == end)
            {
                continue;
            }

            var loss = segment.NextLoss(index);
            if (index == loss)
            {
                if (batch.Events > 0)
                {
                    batch.AtLoss = true;
                    return;
                }

                PassLoss(ref batch, segment, index++);
                continue;
            }

            var stop = Math.Min(end, loss);
            var start = index;
            index = _filter.MatchesAll
                ? CopyAll(ref batch, segment, index, stop)
                : CopyMatching(ref batch, segment, index, stop);
            batch.Scanned += index - start;
            batch.At.Position += index - start;
            batch.At.Events += index - start;
        }
    }

    /// <summary>Copies consecutive events at once.</summary>
    /// <returns>Index behind the last one.</returns>
    private static int CopyAll(ref BatchBuilder batch, Segment segment, int index, int stop)
    {
        stop = (int)Math.Min(stop, (long)index + batch.MaxEvents - batch.Events);
        var from = segment.ByteStart(index);
        if (segment.ByteStart(stop) - from > batch.RoomBytes)
        {
            // The last place that the maximum allows, by halving.
            var low = index;
            var high = stop;
            while (high - low > 1)
            {
                var middle = (low + high) >>> 1;
                if (segment.ByteStart(middle) - from <= batch.RoomBytes)
                {
                    low = middle;
                }
                else
                {
                    high = middle;
                }
            }

            stop = low == index && batch.Events == 0 ? index + 1 : low;
            batch.Full = true;
        }

        batch.Copy(segment, index, stop);
        return stop;
    }

    private int CopyMatching(ref BatchBuilder batch, Segment segment, int index, int stop)
    {
        stop = (int)Math.Min(stop, (long)index + MaxScannedEntries - batch.Scanned);
        var run = index;
        for (; index < stop; index++)
        {
            if (!_filter.Matches(segment, index, _types))
            {
                batch.Copy(segment, run, index);
                batch.Filtered++;
                run = index + 1;
                continue;
            }

            var pending = index - run;
            var bytes = segment.ByteStart(index + 1) - segment.ByteStart(run);
            if (bytes > batch.RoomBytes && batch.Events + pending > 0)
            {
                batch.Full = true;
                break;
            }

            if (batch.Events + pending + 1 == batch.MaxEvents)
            {
                index++;
                break;
            }
        }

        batch.Copy(segment, run, index);
        return index;
    }

    /// <summary>
    /// Skips the duplicates at the start of the slice at an index. If the cursor comes to origins for the first time,
    /// reports their gaps before.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="index">Where the cursor is; moves behind the duplicates.</param>
    /// <param name="end">Where the entries to read end; becomes the end of the slice if that comes before.</param>
    /// <returns>False if a gap ends the batch.</returns>
    private bool TrySkipDuplicates(ref BatchBuilder batch, Segment segment, ref int index, ref int end)
    {
        var slice = segment.SliceAt(index, out var sliceEnd);
        end = Math.Min(end, sliceEnd);
        var origins = _origins!.ToReconcile(slice.Origin);
        if (origins.Count > 0 && batch.Events > 0)
        {
            // The losses of a batch come before its events, so a gap waits for the next batch.
            batch.AtLoss = true;
            return false;
        }

        foreach (var origin in origins)
        {
            if (_origins.Reconcile(origin) is { } gap)
            {
                Report(ref batch, gap);
            }
        }

        _origins.EndReconciling();
        Skip(ref batch, segment, ref index, _origins.CountDuplicates(slice, index, end));
        return true;
    }

    private void LeaveOut(ref BatchBuilder batch, Segment segment, ref int index, ref int end)
    {
        var slice = segment.SliceAt(index, out var sliceEnd);
        end = Math.Min(end, sliceEnd);
        if (slice.Origin is { } origin && _leftOut!.TryGetValue(origin.Epoch, out var last) && index < end && !segment.Columns(index).IsLoss)
        {
            // The sequence of the event before the next one.
            var before = slice.Base - slice.Losses + index - slice.Start;
            Skip(ref batch, segment, ref index, (int)Math.Clamp((long)Math.Min(last, long.MaxValue) - before, 0, end - index));
        }
    }

    private static void Skip(ref BatchBuilder batch, Segment segment, ref int index, int count)
    {
        for (; count > 0; count--)
        {
            ref readonly var columns = ref segment.Columns(index++);
            batch.At.Position++;
            batch.Scanned++;
            if (columns.IsLoss)
            {
                batch.At.Losses.Add(columns);
            }
            else
            {
                batch.At.Events++;
                batch.Filtered++;
            }
        }
    }

    private void PassLoss(ref BatchBuilder batch, Segment segment, int index)
    {
        batch.At.Losses.Add(segment.Columns(index));
        batch.At.Position++;
        batch.Scanned++;
        var loss = Loss.Parser.ParseFrom(segment.Message(index));
        if (_filter.Concerns(loss))
        {
            batch.Add(loss);
        }
    }

    /// <summary>Moves to the next entry that is stored, the first of a segment, and reports the events and losses in
    /// between.</summary>
    private void SkipEvicted(ref BatchBuilder batch, Segment oldestSegment)
    {
        if (_origins is null)
        {
            SkipTo(ref batch, oldestSegment);
        }
        else if (oldestSegment.TryAcquire())
        {
            try
            {
                SkipTo(ref batch, oldestSegment);
            }
            finally
            {
                oldestSegment.Release();
            }
        }
    }

    private void SkipTo(ref BatchBuilder batch, Segment oldestSegment)
    {
        var oldest = oldestSegment.Start;
        var missed = oldest.Events - batch.At.Events;
        if (_origins is { MayHaveDuplicates: true })
        {
            // The client has a part of it, or will be told of it when its origin is reconciled.
            foreach (var gap in _origins.GapsUpTo(oldestSegment.StartMarks))
            {
                Report(ref batch, gap);
            }
        }
        else
        {
            ReportEvicted(ref batch, missed, oldest);
        }

        _origins?.EnterSegment(oldestSegment);
        batch.Evicted += missed;
        batch.At = oldest;
    }

    private void ReportEvicted(ref BatchBuilder batch, long missed, in LogPoint oldest)
    {
        if (missed > 0)
        {
            var (first, last) = _log.EvictedTimes(batch.At.Position, oldest.Position);
            Report(ref batch, new Loss
            {
                Cause = LossCause.Evicted,
                Count = (ulong)missed,
                FirstTime = first is { } from ? UnixNanos.ToTimestamp(from) : null,
                LastTime = last is { } to ? UnixNanos.ToTimestamp(to) : null,
            });
        }

        var losses = oldest.Losses.Since(batch.At.Losses);
        for (var slot = 0; slot < ResumeToken.LossCauses; slot++)
        {
            if (losses[slot] > 0)
            {
                Report(ref batch, new Loss { Cause = (LossCause)slot, Count = losses[slot] });
            }
        }
    }

    private void Report(ref BatchBuilder batch, OriginGap gap)
    {
        foreach (var loss in gap.ToLosses().Where(_filter.Concerns))
        {
            batch.Add(loss);
        }
    }

    private void Report(ref BatchBuilder batch, Loss loss)
    {
        loss.NodeName = _nodeName;
        if (_filter.Concerns(loss))
        {
            batch.Add(loss);
        }
    }
}
