using System.Globalization;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>Answers one query for flows: sums all events that match, whichever page is asked for.</summary>
internal static class FlowRunner
{
    private const long NanosPerSecond = 1_000_000_000;

    public static FlowResult Run(LogStore log, FlowQuery query)
    {
        var limit = Limit(query.Limit);
        var now = log.Time.GetUtcNow();
        var requested = EventFilterPlan.Compile(query.Filter);
        var request = requested.Fingerprint()
            ^ ((ulong)query.DurationSeconds << 16 | (ulong)query.GroupBy << 8 | (ulong)query.SortBy);
        var page = query.PageToken.Length > 0 ? Check(log, query.PageToken, request) : new FlowPageToken
        {
            Epoch = log.Epoch,
            Request = request,
            Since = query.DurationSeconds > 0 ? UnixNanos.From(now) - query.DurationSeconds * NanosPerSecond : requested.Since,
            Until = query.DurationSeconds > 0 ? long.MaxValue : requested.Until,
            Snapshot = log.PublishedPosition,
            Offset = 0,
        };
        var filter = WithTimes(requested, page);
        var segments = log.Segments;
        var events = segments.Length == 0 ? 0 : log.PublishedEvents - segments[0].Start.Events;
        var tally = LogScan.Run(
            log, filter, page.Snapshot, () => new FlowTally(query.GroupBy, new FlowClocks(query.ClockOf), query.MaxFlows, events),
            query.Cancellation);
        var flows = tally.Settle();
        flows.Sort((one, other) => Compare(one, other, query.SortBy));
        var shown = Page(flows, page.Offset, limit);
        var end = page.Offset + shown.Count;
        return new FlowResult
        {
            Flows = shown,
            TotalCount = flows.Count,
            Other = tally.Table.Other.IsEmpty ? null : tally.Table.Other.ToFlow(),
            OtherCount = tally.Table.OtherCount,
            Uncertain = tally.Uncertain,
            OtherDrops = tally.OtherDrops,
            NextPageToken = end < flows.Count ? (page with { Offset = end }).ToString() : "",
            OldestTimeUnixNanos = log.OldestTime(),
            QueryTime = now,
            Filter = filter.Canonical,
        };
    }

    private static int Limit(int limit)
    {
        if (limit is < 0 or > ContractLimits.MaxFlowLimit)
        {
            throw new FilterException(
                "limit", limit.ToString(CultureInfo.InvariantCulture), $"must be 1 to {ContractLimits.MaxFlowLimit}.");
        }

        return limit == 0 ? ContractLimits.DefaultFlowLimit : limit;
    }

    private static FlowPageToken Check(LogStore log, string text, ulong request)
    {
        if (!FlowPageToken.TryParse(text, out var token))
        {
            throw new PageTokenException(PageTokenError.Garbage, text);
        }

        if (token.Epoch != log.Epoch)
        {
            throw new PageTokenException(PageTokenError.OtherEpoch, text);
        }

        if (token.Snapshot > log.PublishedPosition)
        {
            throw new PageTokenException(PageTokenError.Garbage, text);
        }

        if (token.Request != request)
        {
            throw new PageTokenException(PageTokenError.OtherFilter, text);
        }

        return token;
    }

    private static EventFilterPlan WithTimes(EventFilterPlan requested, in FlowPageToken page)
    {
        var filter = requested.Canonical.Clone();
        filter.Since = page.Since == long.MinValue ? null : UnixNanos.ToTimestamp(page.Since);
        filter.Until = page.Until == long.MaxValue ? null : UnixNanos.ToTimestamp(page.Until);
        return EventFilterPlan.Compile(filter);
    }

    // Flows of the same rank by their keys, so that all pages have the same order.
    private static int Compare(FlowSums one, FlowSums other, FlowOrder order)
    {
        var byRank = other.Rank(order).CompareTo(one.Rank(order));
        return byRank != 0 ? byRank : one.Key.AsSpan().SequenceCompareTo(other.Key);
    }

    private static List<Flow> Page(List<FlowSums> flows, int offset, int limit)
    {
        var page = new List<Flow>();
        var bytes = 0L;
        foreach (var sums in flows.Skip(offset).Take(limit))
        {
            var flow = sums.ToFlow();
            bytes += flow.CalculateSize();
            // So that the response fits in a message that gRPC clients take.
            if (page.Count > 0 && bytes > ContractLimits.MaxResponseEventBytes)
            {
                break;
            }

            page.Add(flow);
        }

        return page;
    }
}
