namespace Monitor.Events;

/// <summary>
/// Counts the events that match a filter. Scans the segments from the newest to the oldest, like a query. If one
/// was evicted, all older ones were too.
/// </summary>
internal static class LogScan
{
    /// <summary>Counts them.</summary>
    /// <param name="log">The log.</param>
    /// <param name="filter">Which events.</param>
    /// <param name="snapshot">Only entries before this position; long.MaxValue for all.</param>
    /// <param name="start">Makes the tally; called again where the log left the scan behind before its first event.</param>
    /// <param name="cancellationToken">Ends it early, where it reads what is stored.</param>
    public static TTally Run<TTally>(
        LogStore log, EventFilterPlan filter, long snapshot, Func<TTally> start, CancellationToken cancellationToken)
        where TTally : IEventTally
    {
        while (true)
        {
            var tally = start();
            if (Scan(log, filter, snapshot, tally, cancellationToken))
            {
                return tally;
            }
        }
    }

    /// <returns>False if every segment was evicted before the first could be entered: try again.</returns>
    private static bool Scan<TTally>(
        LogStore log, EventFilterPlan filter, long snapshot, TTally tally, CancellationToken cancellationToken)
        where TTally : IEventTally
    {
        var types = new TypeSelection(filter, log.Types);
        var segments = log.Segments;
        var newest = new long[segments.Length];
        for (var at = 0; at < segments.Length; at++)
        {
            newest[at] = Math.Max(segments[at].MaxTime, at == 0 ? long.MinValue : newest[at - 1]);
        }

        for (var at = segments.Length - 1; at >= 0; at--)
        {
            var segment = segments[at];
            if (segment.Stored is { } stored)
            {
                cancellationToken.ThrowIfCancellationRequested();
                types.Refresh();
                if (!StoredScan.MayMatch(segment, stored, filter, types) || TryAddCounts(segment, stored, filter, snapshot, tally))
                {
                    continue;
                }

                if (StoredScan.PartsOf(segment, stored, filter) is { } parts)
                {
                    foreach (var part in parts.Reverse())
                    {
                        TryScan(part, newest[at], filter, types, snapshot, tally);
                    }

                    continue;
                }
            }

            if (!TryScan(segment, newest[at], filter, types, snapshot, tally) && at == segments.Length - 1)
            {
                return false;
            }

            // Else it was evicted meanwhile. Older ones were too, but for those that are stored.
        }

        return true;
    }

    private static bool TryScan<TTally>(
        Segment segment, long newest, EventFilterPlan filter, TypeSelection types, long snapshot, TTally tally)
        where TTally : IEventTally
    {
        if (!segment.TryAcquire())
        {
            return false;
        }

        try
        {
            tally.BeginSegment(newest);
            ScanSegment(segment, filter, types, snapshot, tally);
            return true;
        }
        finally
        {
            segment.Release();
        }
    }

    private static bool TryAddCounts<TTally>(
        Segment segment, IStoredSegment stored, EventFilterPlan filter, long snapshot, TTally tally)
        where TTally : IEventTally
    {
        if (!tally.TakesCountsOf(segment.MinTime, segment.MaxTime) || !filter.ByCounts || !StoredScan.IsWithin(segment, filter)
            || segment.Start.Position + segment.Published > snapshot || stored.ReadCounts() is not { } counts)
        {
            return false;
        }

        foreach (var row in counts.Rows)
        {
            if (filter.Matches(counts, row.Kind))
            {
                tally.Add(segment.MinTime, counts, row);
            }
        }

        return true;
    }

    private static void ScanSegment<TTally>(
        Segment segment, EventFilterPlan filter, TypeSelection types, long snapshot, TTally tally)
        where TTally : IEventTally
    {
        var count = (int)Math.Clamp(snapshot - segment.Start.Position, 0, segment.Published);
        if (count == 0 || segment.MaxTime < filter.Since || segment.MinTime >= filter.Until)
        {
            return;
        }

        types.Refresh();
        for (var block = (count - 1) >> Segment.BlockShift; block >= 0; block--)
        {
            var times = segment.TimesOf(block);
            if (times.MaxTime < filter.Since || times.MinTime >= filter.Until)
            {
                continue;
            }

            var first = block << Segment.BlockShift;
            for (var index = Math.Min(first + Segment.BlockEntries, count) - 1; index >= first; index--)
            {
                if (filter.Matches(segment, index, types))
                {
                    tally.Add(segment.Columns(index), segment.Message(index));
                }
            }
        }
    }
}
