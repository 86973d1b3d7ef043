using System.Buffers;
using System.Runtime.CompilerServices;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// Reads a log from one place on, at its own pace, from the past into the present. It holds nothing in the log, so it
/// need not be closed, and a slow one costs the others nothing. For one thread at a time, but for
/// <see cref="GetCounters"/>.
/// </summary>
public sealed class EventCursor
{
    // Entries that one call looks at: about 3 ms of a filter that matches nothing, after which the caller can see
    // whether its client is still there.
    private const int MaxScannedEntries = 1 << 18;

    private readonly EventLog _log;
    private readonly EventFilterPlan _filter;
    private readonly TypeSelection _types;
    private readonly string _nodeName;
    private readonly CursorWait _wait;
    private readonly long _firstEvents;
    private readonly SourceProgress? _sources;

    // Guards the four below for readers of the counters; taken once per batch.
    private readonly Lock _lock = new();
    private LogPoint _at;
    private long _delivered;
    private long _filtered;
    private long _evicted;

    internal EventCursor(
        EventLog log, EventFilterPlan filter, in LogPoint start, string nodeName, SourceProgress? sources)
    {
        _sources = sources;
        _log = log;
        _filter = filter;
        _types = new TypeSelection(filter, log.Types);
        _nodeName = nodeName;
        _wait = new CursorWait(log.Waiters);
        _at = start;
        _firstEvents = start.Events;
    }

    /// <summary>The filter, in its canonical form.</summary>
    public EventFilter Filter => _filter.Canonical;

    /// <summary>Whether there are published entries, of whatever kind, that the cursor has not come to.</summary>
    public bool HasMore => _log.PublishedPosition > _at.Position;

    /// <summary>
    /// Copies the next events that match, each as an element of <c>StreamEventsResponse.events</c> or
    /// <c>ListEventsResponse.events</c>: tag, length, bytes. Never waits. The batch ends at the maximum, at the end of
    /// the log, at a loss that comes after events, or when 262 144 entries were looked at.
    /// </summary>
    /// <param name="output">Where to copy to. If it throws, the cursor stays where it was.</param>
    /// <param name="maxEvents">Most events, 1 or more.</param>
    /// <param name="maxBytes">Most bytes, 1 or more; a first event that is larger comes alone.</param>
    public CursorBatch ReadBatch(IBufferWriter<byte> output, int maxEvents, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        var batch = new BatchBuilder(_at, output, maxEvents, maxBytes);
        _sources?.Begin();
        while (!batch.Full && batch.Scanned < MaxScannedEntries)
        {
            var segments = _log.Snapshot;
            var segment = PositionResolver.Find(segments, batch.At.Position);
            if (segment is null || !segment.TryAcquire())
            {
                segments = _log.Snapshot;
                if (segments.Length == 0)
                {
                    batch.AtEnd = true;
                    break;
                }

                // Losses come before the events of a batch, so this one waits for the next.
                if (batch.Events > 0)
                {
                    break;
                }

                SkipEvicted(ref batch, segments[0]);
                continue;
            }

            var index = (int)(batch.At.Position - segment.Start.Position);
            try
            {
                ReadSegment(ref batch, segment);
                _sources?.Advance(segment, index, (int)(batch.At.Position - segment.Start.Position));
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
    /// Completes when something beyond the cursor's position was published, whether it matches the filter or not.
    /// Allocates nothing. One wait at a time.
    /// </summary>
    /// <returns>False where the log has ended and nothing will follow.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (!HasMore)
        {
            if (_log.Waiters.Closed)
            {
                return false;
            }

            cancellationToken.ThrowIfCancellationRequested();
            await _wait.WaitAsync(_at.Position, cancellationToken);
        }

        return true;
    }

    /// <summary>The token by which a stream can go on behind the last batch.</summary>
    public ResumeToken GetResumeToken() =>
        new(_log.Epoch, (ulong)_at.Position, (ulong)_at.Events, _at.Losses, _sources?.ToTokens(), _sources is { MayHave: true });

    /// <summary>Where the events went so far. Any thread.</summary>
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
        _sources?.Commit();
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
        if (index == count)
        {
            // A next segment would start here and would have been found instead.
            batch.AtEnd = true;
            return;
        }

        if (index == 0)
        {
            _sources?.Enter(segment);
        }

        // After the count was read: the types of all these entries have their numbers.
        _types.Refresh();
        while (index < count && !batch.Full && batch.Scanned < MaxScannedEntries)
        {
            var runEnd = count;
            if (_sources is { MayHave: true } && !TryPassHad(ref batch, segment, ref index, ref runEnd))
            {
                return;
            }

            if (index == runEnd)
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

            var stop = Math.Min(runEnd, loss);
            var start = index;
            index = _filter.MatchesAll
                ? CopyAll(ref batch, segment, index, stop)
                : CopyMatching(ref batch, segment, index, stop);
            batch.Scanned += index - start;
            batch.At.Position += index - start;
            batch.At.Events += index - start;
        }
    }

    /// <summary>Copies a run of events in one go.</summary>
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
    /// Passes what the client has of the run at an index, and reports what is missing of its source when that is met
    /// for the first time.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="index">Where the cursor is; behind what was passed.</param>
    /// <param name="end">Index behind the last entry; of the run, where that ends before.</param>
    /// <returns>False where a loss ends the batch.</returns>
    private bool TryPassHad(ref BatchBuilder batch, Segment segment, ref int index, ref int end)
    {
        var run = segment.RunAt(index, out var runEnd);
        end = Math.Min(end, runEnd);
        var unmet = _sources!.Unmet(run.Source);
        if (unmet.Count > 0 && batch.Events > 0)
        {
            // Losses come before the events of a batch, so what is missing waits for the next.
            batch.AtLoss = true;
            return false;
        }

        foreach (var source in unmet)
        {
            if (_sources.Meet(source) is { } gap)
            {
                Report(ref batch, gap);
            }
        }

        _sources.MetAll();
        for (var had = _sources.Had(run, index, end); had > 0; had--)
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

        return true;
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

    /// <summary>Goes to the oldest stored entry and says what was missed, events and losses.</summary>
    private void SkipEvicted(ref BatchBuilder batch, Segment oldestSegment)
    {
        var oldest = oldestSegment.Start;
        if (oldest.Position <= batch.At.Position)
        {
            return;
        }

        var missed = oldest.Events - batch.At.Events;
        if (_sources is { MayHave: true })
        {
            // Of part of it the client has been told already, or has it.
            foreach (var gap in _sources.Skip(oldestSegment.StartSources))
            {
                Report(ref batch, gap);
            }
        }
        else
        {
            ReportEvicted(ref batch, missed, oldest);
        }

        _sources?.Enter(oldestSegment);
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

    private void Report(ref BatchBuilder batch, SourceGap gap)
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
