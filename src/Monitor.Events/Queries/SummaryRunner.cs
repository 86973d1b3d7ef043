using Monitor.V1;

namespace Monitor.Events;

/// <summary>Counts the events that match a filter.</summary>
internal static class SummaryRunner
{
    public static EventSummary Run(LogStore log, EventFilter? requested, CancellationToken cancellationToken)
    {
        var filter = EventFilterPlan.Compile(requested);
        var tally = LogScan.Run(log, filter, long.MaxValue, static () => new EventTally(), cancellationToken);
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
