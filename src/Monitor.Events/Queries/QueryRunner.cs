using System.Buffers;
using System.Globalization;
using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>
/// Answers one query. Scans the segments from the newest to the oldest and enters one after the other. If one was evicted,
/// all older ones were too, and the scanned ones are what was stored at that moment.
/// </summary>
internal sealed class QueryRunner
{
    private readonly LogStore _log;
    private readonly EventQuery _query;
    private readonly EventFilterPlan _filter;
    private readonly TypeSelection _types;
    private readonly int _limit;
    private readonly NewestEvents _newest;
    private readonly List<Segment> _held = [];
    private readonly HashSet<uint>? _pids;
    private readonly PageToken? _page;
    private readonly long _pageTime = long.MaxValue;
    private readonly long _pagePosition = long.MaxValue;
    private long _total;
    private bool _isAtLeast;

    // Whether the events of the segment are copied, and it need not be kept in memory.
    private bool _copies;

    private QueryRunner(LogStore log, EventQuery query)
    {
        _log = log;
        _query = query;
        _filter = EventFilterPlan.Compile(query.Filter);
        _types = new TypeSelection(_filter, log.Types);
        _limit = Limit(query.Limit);
        // One more than requested shows whether there is a next page.
        _newest = new NewestEvents(_limit + 1, query.MaxBytes);
        _pids = query.CountPids ? [] : null;
        if (query.PageToken.Length > 0)
        {
            _page = Check(query.PageToken);
            _pageTime = _page.Value.Time;
            _pagePosition = _page.Value.Position;
        }
    }

    public static QueryResult Run(LogStore log, EventQuery query)
    {
        while (true)
        {
            var runner = new QueryRunner(log, query);
            try
            {
                if (runner.Scan(out var snapshot))
                {
                    return runner.Result(snapshot);
                }
            }
            finally
            {
                foreach (var segment in runner._held)
                {
                    segment.Release();
                }
            }
        }
    }

    private static int Limit(int limit)
    {
        if (limit is < 0 or > ContractLimits.MaxListLimit)
        {
            throw new FilterException(
                "limit", limit.ToString(CultureInfo.InvariantCulture), $"must be 1 to {ContractLimits.MaxListLimit}.");
        }

        return limit == 0 ? ContractLimits.DefaultListLimit : limit;
    }

    private PageToken Check(string text)
    {
        if (!PageToken.TryParse(text, out var token))
        {
            throw new PageTokenException(PageTokenError.Garbage, text);
        }

        if (token.Epoch != _log.Epoch)
        {
            throw new PageTokenException(PageTokenError.OtherEpoch, text);
        }

        if (token.Snapshot > _log.PublishedPosition)
        {
            throw new PageTokenException(PageTokenError.Garbage, text);
        }

        if (token.Filter != _filter.Fingerprint())
        {
            throw new PageTokenException(PageTokenError.OtherFilter, text);
        }

        return token;
    }

    /// <returns>False if every segment was evicted before the first could be entered: try again.</returns>
    private bool Scan(out long snapshot)
    {
        var segments = _log.Segments;
        snapshot = _page?.Snapshot ?? long.MaxValue;
        for (var at = segments.Length - 1; at >= 0; at--)
        {
            var segment = segments[at];
            if (segment.Stored is { } stored)
            {
                if (CanSkip(segment, stored, snapshot))
                {
                    continue;
                }

                // All of a segment behind which another follows is before the snapshot that begins here.
                if (snapshot != long.MaxValue && StoredScan.PartsOf(segment, stored, _filter) is { } parts)
                {
                    foreach (var part in parts.Reverse())
                    {
                        TryScan(part, ref snapshot);
                    }

                    continue;
                }
            }

            if (!TryScan(segment, ref snapshot) && at == segments.Length - 1)
            {
                return false;
            }

            // Else it was evicted meanwhile. Older ones were too, but for those that are stored.
        }

        return true;
    }

    private bool TryScan(Segment segment, ref long snapshot)
    {
        if (!segment.TryAcquire())
        {
            return false;
        }

        _copies = segment.Stored is not null;
        var isSealed = segment.Sealed;
        var published = segment.Published;
        if (snapshot == long.MaxValue)
        {
            snapshot = segment.Start.Position + published;
        }

        var count = (int)Math.Clamp(snapshot - segment.Start.Position, 0, published);
        if (ScanSegment(segment, count, isSealed && count == published) && !_copies)
        {
            _held.Add(segment);
        }
        else
        {
            segment.Release();
        }

        return true;
    }

    /// <summary>Whether a stored segment need not be read: it has nothing, or nothing for this page. What it has then counts
    /// where that can be said without reading it.</summary>
    private bool CanSkip(Segment segment, IStoredSegment stored, long snapshot)
    {
        _query.Cancellation.ThrowIfCancellationRequested();
        _types.Refresh();
        if (segment.Start.Position >= snapshot || !StoredScan.MayMatch(segment, stored, _filter, _types))
        {
            return true;
        }

        if ((_newest.Admits(segment.MaxTime) && segment.MinTime <= _pageTime) || segment.Start.Position + segment.Published > snapshot)
        {
            return false;
        }

        if (_pids is not null || !_filter.ByTypeAndTime || !StoredScan.IsWithin(segment, _filter)
            || (_filter.ByType && segment.TypeCount(EventTypeTable.Other) > 0))
        {
            _isAtLeast = true;
        }
        else
        {
            _total += _filter.ByType ? _types.CountIn(segment) : segment.EventCount;
        }

        return true;
    }

    /// <returns>Whether one of its events may be on the page, so that the runner must stay inside.</returns>
    private bool ScanSegment(Segment segment, int count, bool complete)
    {
        var min = segment.MinTime;
        var max = segment.MaxTime;
        if (count == 0 || max < _filter.Since || min >= _filter.Until)
        {
            return false;
        }

        _types.Refresh();
        var counted = TryCount(segment, count, complete && min >= _filter.Since && max < _filter.Until);
        var kept = false;
        for (var block = (count - 1) >> Segment.BlockShift; block >= 0; block--)
        {
            kept |= ScanBlock(segment, block, count, counted);
        }

        return kept;
    }

    /// <summary>Counts the matches in a segment without reading its entries; false if that is not possible.</summary>
    private bool TryCount(Segment segment, int count, bool whole)
    {
        if (_pids is not null)
        {
            return false;
        }

        if (_filter.MatchesAll)
        {
            _total += count - segment.LossesBelow(count);
            return true;
        }

        if (!whole || !_filter.ByTypeAndTime || _filter.ByType && segment.TypeCount(EventTypeTable.Other) > 0)
        {
            return false;
        }

        _total += _filter.ByType ? _types.CountIn(segment) : count - segment.LossesBelow(count);
        return true;
    }

    private bool ScanBlock(Segment segment, int block, int count, bool counted)
    {
        var times = segment.TimesOf(block);
        if (times.MaxTime < _filter.Since || times.MinTime >= _filter.Until)
        {
            return false;
        }

        var first = block << Segment.BlockShift;
        var index = Math.Min(first + Segment.BlockEntries, count);
        if (!counted
            && _pids is null
            && _filter is { ByTypeAndTime: true, ByType: false }
            && times.MinTime >= _filter.Since
            && times.MaxTime < _filter.Until)
        {
            _total += index - first - (segment.LossesBelow(index) - segment.LossesBelow(first));
            counted = true;
        }

        if (counted && !(_newest.Admits(times.MaxTime) && times.MinTime <= _pageTime))
        {
            return false;
        }

        var kept = false;
        while (--index >= first)
        {
            var time = segment.Columns(index).Time;
            var wanted = time <= _pageTime && _newest.Admits(time);
            if (counted && !wanted || !_filter.Matches(segment, index, _types))
            {
                continue;
            }

            _total += counted ? 0 : 1;
            if (_pids is not null && segment.Columns(index).Pid is { } pid)
            {
                _pids.Add(pid);
            }

            var position = segment.Start.Position + index;
            if (wanted && (time < _pageTime || position < _pagePosition))
            {
                _newest.Offer(new Candidate(time, position, segment, _copies ? Entry(segment, index).ToArray() : null));
                kept = true;
            }
        }

        return kept;
    }

    private QueryResult Result(long snapshot)
    {
        var events = _newest.Sorted();
        var most = Math.Min(_newest.IsCut ? events.Count - 1 : events.Count, _limit);
        var count = 0;
        long bytes = 0;
        for (; count < most; count++)
        {
            var length = Entry(events[count]).Length;
            if (count > 0 && bytes + length > _query.MaxBytes)
            {
                break;
            }

            bytes += length;
        }

        var buffer = count == 0 ? null : ArrayPool<byte>.Shared.Rent((int)bytes);
        var at = 0;
        for (var taken = 0; taken < count; taken++)
        {
            var entry = Entry(events[taken]);
            entry.CopyTo(buffer.AsSpan(at));
            at += entry.Length;
        }

        return new QueryResult(buffer, at)
        {
            Count = count,
            TotalCount = _total,
            IsAtLeast = _isAtLeast,
            Pids = _pids ?? [],
            NextPageToken = count < events.Count ? NextPage(snapshot, events[count - 1]) : "",
            OldestTimeUnixNanos = _log.OldestTime(),
            QueryTime = _log.Time.GetUtcNow(),
            Filter = _filter.Canonical,
        };
    }

    private string NextPage(long snapshot, in Candidate last) => new PageToken
    {
        Epoch = _log.Epoch,
        Filter = _page?.Filter ?? _filter.Fingerprint(),
        Snapshot = snapshot,
        Time = last.Time,
        Position = last.Position,
    }.ToString();

    private static ReadOnlySpan<byte> Entry(in Candidate candidate) =>
        candidate.Copy ?? Entry(candidate.Segment, candidate.Index);

    private static ReadOnlySpan<byte> Entry(Segment segment, int index) =>
        segment.Bytes(segment.ByteStart(index), segment.ByteStart(index + 1));
}
