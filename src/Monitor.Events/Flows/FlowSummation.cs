using System.Globalization;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>Answers one query for flows: sums all events that match, whichever page is asked for. First those of the log; then older
/// ones may be added that it has no more. For one thread at a time.</summary>
public sealed class FlowSummation
{
    private const long NanosPerSecond = 1_000_000_000;

    private readonly LogStore _log;
    private readonly FlowQuery _query;
    private readonly int _limit;
    private readonly DateTimeOffset _now;
    private readonly FlowPageToken _page;
    private readonly EventFilterPlan _filter;
    private readonly FlowTally _tally;

    internal FlowSummation(LogStore log, FlowQuery query, long completeSince)
    {
        _log = log;
        _query = query;
        _limit = Limit(query.Limit);
        _now = log.Time.GetUtcNow();
        var requested = EventFilterPlan.Compile(query.Filter);
        var request = requested.Fingerprint()
            ^ ((ulong)query.DurationSeconds << 16 | (ulong)query.GroupBy << 8 | (ulong)query.SortBy);
        _page = query.PageToken.Length > 0 ? Check(log, query.PageToken, request) : new FlowPageToken
        {
            Epoch = log.Epoch,
            Request = request,
            Since = query.DurationSeconds > 0 ? UnixNanos.From(_now) - query.DurationSeconds * NanosPerSecond : requested.Since,
            Until = query.DurationSeconds > 0 ? long.MaxValue : requested.Until,
            Snapshot = log.PublishedPosition,
            Offset = 0,
        };
        _filter = Between(requested, _page.Since, _page.Until);
        Older = _page.Since < completeSince ? Between(requested, _page.Since, Math.Min(completeSince, _page.Until)) : null;
        var segments = log.Segments;
        var events = segments.Length == 0 ? 0 : log.PublishedEvents - segments[0].Start.Events;
        _tally = LogScan.Run(
            log,
            Older is null ? _filter : Between(requested, completeSince, Math.Max(completeSince, _page.Until)),
            _page.Snapshot,
            () => new FlowTally(query.GroupBy, new FlowClocks(query.ClockOf), query.MaxFlows, Older is null ? events : int.MaxValue),
            query.Cancellation);
    }

    /// <summary>Which events are to be added; null where the log has all.</summary>
    public EventFilterPlan? Older { get; }

    /// <summary>Adds events that match <see cref="Older"/>, newest first.</summary>
    /// <param name="encodedEvents">Encoded events; what is none is left out.</param>
    public void Add(IEnumerable<ReadOnlyMemory<byte>> encodedEvents)
    {
        ArgumentNullException.ThrowIfNull(encodedEvents);
        var isFirst = true;
        foreach (var encoded in encodedEvents)
        {
            if (!EventColumns.TryParse(encoded.Span, _log.Types, out var columns))
            {
                continue;
            }

            if (isFirst)
            {
                _tally.BeginSegment(columns.Time);
                isFirst = false;
            }

            _tally.Add(columns, encoded.Span);
        }
    }

    /// <summary>The page, once all were added. To be called once.</summary>
    /// <param name="oldest">Time of the oldest event elsewhere, in nanoseconds since 1970; null where there is none.</param>
    public FlowResult Finish(long? oldest = null)
    {
        var flows = _tally.Settle();
        flows.Sort((one, other) => Compare(one, other, _query.SortBy));
        var shown = Page(flows, _page.Offset, _limit);
        var end = _page.Offset + shown.Count;
        return new FlowResult
        {
            Flows = shown,
            TotalCount = flows.Count,
            Other = _tally.Table.Other.IsEmpty ? null : _tally.Table.Other.ToFlow(),
            OtherCount = _tally.Table.OtherCount,
            Uncertain = _tally.Uncertain,
            OtherDrops = _tally.OtherDrops,
            NextPageToken = end < flows.Count ? (_page with { Offset = end }).ToString() : "",
            OldestTimeUnixNanos = _log.OldestTime() is { } stored && !(oldest < stored) ? stored : oldest,
            QueryTime = _now,
            Filter = _filter.Canonical,
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

    private static EventFilterPlan Between(EventFilterPlan requested, long since, long until)
    {
        var filter = requested.Canonical.Clone();
        filter.Since = since == long.MinValue ? null : UnixNanos.ToTimestamp(since);
        filter.Until = until == long.MaxValue ? null : UnixNanos.ToTimestamp(until);
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
