using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>Counts the events that match a filter.</summary>
internal static class SummaryRunner
{
    public static EventSummary Run(LogStore log, EventFilter? requested, TimeSpan? interval, CancellationToken cancellationToken)
    {
        var filter = EventFilterPlan.Compile(requested);
        var total = new EventTally();
        List<SummaryInterval> intervals = [];
        if (interval is { } length)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(length, TimeSpan.Zero);
            var nanos = length.Ticks * TimeSpan.NanosecondsPerTick;
            var now = UnixNanos.From(log.Time.GetUtcNow());
            foreach (var (start, tally) in LogScan.Run(log, filter, long.MaxValue, () => new IntervalTally(nanos, now), cancellationToken).Intervals)
            {
                total.Add(tally);
                intervals.Add(new SummaryInterval(start, tally.Count, tally.Failed, tally.ByError, tally.ByReason));
            }
        }
        else
        {
            total = LogScan.Run(log, filter, long.MaxValue, static () => new EventTally(), cancellationToken);
        }

        return new EventSummary
        {
            Count = total.Count,
            FailedCount = total.Failed,
            ByNode = total.ByNode,
            ByOutcome = total.ByOutcome,
            ByError = total.ByError,
            ByReason = total.ByReason,
            Intervals = intervals,
            OldestTimeUnixNanos = log.OldestTime(),
            Filter = filter.Canonical,
        };
    }
}
