using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// Counts the events that match a filter. Scans the segments from the newest to the oldest, like a query. If one
/// was evicted, all older ones were too.
/// </summary>
internal static class SummaryRunner
{
    public static EventSummary Run(LogStore log, EventFilter? requested)
    {
        var filter = EventFilterPlan.Compile(requested);
        while (true)
        {
            var tally = new EventTally();
            if (Scan(log, filter, tally))
            {
                return new EventSummary
                {
                    Count = tally.Count,
                    FailedCount = tally.Failed,
                    ByNode = tally.ByNode,
                    ByOutcome = tally.ByOutcome,
                    ByError = tally.ByError,
                    ByReason = tally.ByReason,
                    OldestTimeUnixNanos = log.OldestTime(),
                    Filter = filter.Canonical,
                };
            }
        }
    }

    /// <returns>False if every segment was evicted before the first could be entered: try again.</returns>
    private static bool Scan(LogStore log, EventFilterPlan filter, EventTally tally)
    {
        var types = new TypeSelection(filter, log.Types);
        var segments = log.Segments;
        for (var at = segments.Length - 1; at >= 0; at--)
        {
            var segment = segments[at];
            if (!segment.TryAcquire())
            {
                return at < segments.Length - 1;
            }

            try
            {
                ScanSegment(segment, filter, types, tally);
            }
            finally
            {
                segment.Release();
            }
        }

        return true;
    }

    private static void ScanSegment(Segment segment, EventFilterPlan filter, TypeSelection types, EventTally tally)
    {
        var count = segment.Published;
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
