using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// Answers from the log and the archive as if they were one. The log has all events since it began and since the newest one that
/// left it. What is older comes from the archive, and what the archive does not have yet from the log.
/// </summary>
/// <param name="log">The log.</param>
/// <param name="cores">Where the log is queried.</param>
/// <param name="source">The archive, where there is one.</param>
/// <param name="options">The server's options.</param>
/// <param name="http">Whose query it is. Null: all are of one client.</param>
internal sealed class ArchivedQueries(
    EventLog log, QueryCores cores, ArchiveSource source, MonitorServerOptions options, IHttpContextAccessor? http = null)
{
    // Of one summary, where the log turns over while it is counted.
    private const int MaxCounts = 3;

    // Of one question to the archive for flows.
    private const int FlowEvents = 20_000;

    private readonly SharedArchive? _archive = source.Archive is { } archive ? new SharedArchive(archive, http) : null;

    /// <summary>Whether there is an archive.</summary>
    public bool HasArchive => _archive is not null;

    private SharedArchive Archive => _archive!;

    // From here on the log has all.
    private long CompleteSince => Math.Max(Archive.StartUnixNanos, LeftSince);

    // What is older may have left.
    private long LeftSince => Math.Min(log.NewestEvictedTimeUnixNanos, long.MaxValue - 1) + 1;

    /// <summary>Lists events, newest first. The caller disposes of the result.</summary>
    /// <exception cref="RpcException">The request is bad, or the archive does not answer; it says why.</exception>
    public async Task<ArchivedList> ListAsync(EventQuery query, CancellationToken cancellationToken)
    {
        // 1. A list that began while the archive was away is one of the log, as all are without an archive.
        if (!HasArchive || query.PageToken.Length > 0 && !ArchivePageToken.TryParse(query.PageToken, out _))
        {
            return await ListLogAsync(query, query.PageToken, cancellationToken);
        }

        if (query.Limit is < 0 or > ContractLimits.MaxListLimit)
        {
            throw CallErrors.InvalidField(new FilterException(
                "limit", query.Limit.ToString(CultureInfo.InvariantCulture), $"must be 1 to {ContractLimits.MaxListLimit}."));
        }

        // 2. What the log has.
        var filter = query.Filter ?? new EventFilter();
        var plan = await cores.RunAsync(() => EventFilterPlan.Compile(filter), cancellationToken);
        var place = PlaceOf(query.PageToken, plan);
        using var fromLog = place is { Log: null } ? null : await QueryAsync(query, place?.Log ?? "", cancellationToken);
        var wanted = query.Limit == 0 ? ContractLimits.DefaultListLimit : query.Limit;
        var entries = fromLog is null ? [] : KeysOf(fromLog.Events);
        var logHasMore = fromLog is { NextPageToken.Length: > 0 };
        // After the query: what left the log meanwhile is older.
        var complete = CompleteSince;

        // 3. Nothing else, where the page is full of what only the log has, or no older event is asked for.
        var since = filter.Since is null ? long.MinValue : UnixNanos.From(filter.Since) ?? long.MinValue;
        var until = filter.Until is null ? long.MaxValue : UnixNanos.From(filter.Until) ?? long.MaxValue;
        if (place is { Log: null } && since >= complete)
        {
            throw CallErrors.InvalidField("page_token", $"page_token: '{MessageText.Shorten(query.PageToken)}' is not a token of this list. Start again without it.");
        }

        var isFull = logHasMore && filter.Since is null && filter.Until is null && entries[^1].Key.Time >= complete;
        ArchivePage? page = null;
        ArchivePids? pids = null;
        if (!isFull && since < complete)
        {
            var archived = new ArchiveQuery
            {
                Filter = plan.Canonical,
                Before = complete,
                After = place?.Last,
                Limit = wanted,
                MaxBytes = query.MaxBytes,
            };
            try
            {
                page = await Archive.ListAsync(archived, cancellationToken);
                pids = query.CountPids ? await Archive.ListPidsAsync(archived, cancellationToken) : null;
            }
            catch (ArchiveException failure)
            {
                // The log alone, as long as that is no wrong answer: neither a time before was asked for, nor did the list go on
                // from what the archive said.
                if (place is not null || filter.Since is not null && since < LeftSince || until <= LeftSince)
                {
                    throw CallErrors.ArchiveAway(failure);
                }

                return await ListLogAsync(query, "", cancellationToken);
            }
        }

        // 4. Both as one.
        var merge = ListMerge.Of(entries, logHasMore, page?.Events ?? [], page?.HasMore ?? false, wanted, query.MaxBytes);
        using var newer = page is null || complete >= until ? null : await CountAsync(query, Math.Max(complete, since), cancellationToken);
        return new ArchivedList(BufferOf(merge))
        {
            Count = merge.Events.Count,
            TotalCount = page is null ? fromLog!.TotalCount : page.TotalCount + (newer?.TotalCount ?? 0),
            // Where the archive was not needed it was not asked how many it has.
            IsAtLeast = isFull || fromLog is { IsAtLeast: true } || page is { IsAtLeast: true } || pids is { HasMore: true },
            PidCount = page is null ? fromLog!.Pids.Count : (pids?.Pids ?? []).Union(newer?.Pids ?? new HashSet<uint>()).Count(),
            QueryTime = fromLog?.QueryTime ?? options.Time.GetUtcNow(),
            Filter = plan.Canonical,
            OldestTimeUnixNanos = Earlier(log.GetStatistics().OldestTimeUnixNanos, page?.OldestTimeUnixNanos),
            NextPageToken = !merge.HasMore ? "" : new ArchivePageToken
            {
                Filter = plan.Fingerprint(),
                Last = merge.Events.Count > 0 ? merge.Events[^1].Key : place!.Value.Last,
                Log = await ContinueLogAsync(query, place, fromLog, entries.Count, merge.FromLog, cancellationToken),
            }.ToString(),
        };
    }

    /// <summary>The stored event whose id has these parts, encoded; null if none is stored that matches.</summary>
    /// <exception cref="RpcException">The archive does not answer; it says why.</exception>
    public async Task<byte[]?> FindAsync(ulong epoch, ulong sequence, EventFilter filter, CancellationToken cancellationToken)
    {
        var found = await cores.RunAsync(() => log.Find(epoch, sequence, filter), cancellationToken);
        return found is not null || !HasArchive
            ? found
            : await FromArchiveAloneAsync(Archive.FindAsync(epoch, sequence, EventFilterPlan.Compile(filter).Canonical, cancellationToken));
    }

    /// <summary>Sums events by who talks to whom.</summary>
    /// <exception cref="RpcException">The request is bad, or the archive does not answer; it says why.</exception>
    public async Task<FlowResult> SumFlowsAsync(FlowQuery query, CancellationToken cancellationToken)
    {
        if (!HasArchive)
        {
            return await cores.RunAsync(() => log.SumFlows(query), cancellationToken);
        }

        var sums = await BeginFlowsAsync(query, cancellationToken);
        if (sums.Older is not { } older)
        {
            return await cores.RunAsync(() => sums.Finish(), cancellationToken);
        }

        try
        {
            ArchivePage? page = null;
            do
            {
                page = await Archive.ListAsync(
                    new ArchiveQuery
                    {
                        Filter = older.Canonical,
                        After = page?.Events[^1].Key,
                        Limit = FlowEvents,
                        MaxBytes = ContractLimits.MaxResponseEventBytes,
                        Counts = false,
                    },
                    cancellationToken);
                var events = page.Events;
                await cores.RunAsync(
                    () =>
                    {
                        sums.Add(events.Select(row => row.Encoded));
                        return true;
                    },
                    cancellationToken);
            }
            while (page.HasMore);
            var oldest = page.OldestTimeUnixNanos;
            return await cores.RunAsync(() => sums.Finish(oldest), cancellationToken);
        }
        catch (ArchiveException failure)
        {
            // The log alone answers where nothing has left it that was asked for.
            return older.Canonical.Since is { } since && UnixNanos.From(since) < LeftSince
                ? throw CallErrors.ArchiveAway(failure)
                : await cores.RunAsync(() => log.SumFlows(query), cancellationToken);
        }
    }

    /// <summary>What a cursor that nobody has read yet does not find in the log, from its filter's begin on. Null where that is
    /// nothing, or cannot be had: then the cursor begins with what the log has.</summary>
    /// <exception cref="RpcException">The archive does not answer; it says why.</exception>
    public async Task<ArchiveReplay?> ReplayAsync(EventCursor cursor, CancellationToken cancellationToken)
    {
        var since = cursor.Filter.Since is { } begin ? UnixNanos.From(begin)!.Value : long.MinValue;
        if (!HasArchive || since >= CompleteSince)
        {
            return null;
        }

        try
        {
            return await ArchiveReplay.StartAsync(Archive, log, cursor, options.Time, cancellationToken);
        }
        catch (ArchiveException failure)
        {
            if (cursor.Filter.Since is not null && since < LeftSince)
            {
                throw CallErrors.ArchiveAway(failure);
            }

            return null;
        }
    }

    /// <summary>What follows a token of such a stream.</summary>
    /// <inheritdoc cref="ReplayAsync"/>
    public Task<ArchiveReplay> ResumeAsync(EventCursor cursor, ReplayToken token, CancellationToken cancellationToken) =>
        FromArchiveAloneAsync(ArchiveReplay.ResumeAsync(Archive, log, cursor, token, options.Time, cancellationToken));

    /// <summary>What follows a token of the log whose place has left it.</summary>
    /// <inheritdoc cref="ReplayAsync"/>
    public Task<ArchiveReplay> ResumeAsync(EventCursor cursor, ResumeToken token, CancellationToken cancellationToken) =>
        FromArchiveAloneAsync(ArchiveReplay.ResumeAsync(Archive, log, cursor, token, options.Time, cancellationToken));

    /// <summary>Counts events.</summary>
    /// <exception cref="RpcException">The request is bad, or the archive does not answer; it says why.</exception>
    public async Task<EventSummary> SummarizeAsync(EventFilter filter, TimeSpan? interval, CancellationToken cancellationToken)
    {
        var since = UnixNanos.From(filter.Since) ?? long.MinValue;
        var (stored, complete) = await CountLogAsync(filter, since, interval, cancellationToken);
        if (since >= complete || filter.Field.Count > 0)
        {
            return stored;
        }

        EventSummary archived;
        try
        {
            var older = stored.Filter.Clone();
            older.Since = filter.Since.Clone();
            older.Until = UnixNanos.ToTimestamp(complete);
            archived = await Archive.SummarizeAsync(older, interval, cancellationToken);
        }
        catch (ArchiveException failure)
        {
            return since < LeftSince
                ? throw CallErrors.ArchiveAway(failure)
                : await cores.RunAsync(() => log.Summarize(filter, interval, cancellationToken), cancellationToken);
        }

        var applied = stored.Filter.Clone();
        applied.Since = filter.Since.Clone();
        return new EventSummary
        {
            Count = stored.Count + archived.Count,
            FailedCount = stored.FailedCount + archived.FailedCount,
            ByNode = Sum(NameCounts.OfNodes(), stored.ByNode, archived.ByNode),
            ByOutcome = stored.ByOutcome.Concat(archived.ByOutcome)
                .GroupBy(entry => entry.Key).ToDictionary(group => group.Key, group => group.Sum(entry => entry.Value)),
            ByError = Sum(NameCounts.OfTexts(), stored.ByError, archived.ByError),
            ByReason = Sum(NameCounts.OfTexts(), stored.ByReason, archived.ByReason),
            Intervals = Sum(stored.Intervals, archived.Intervals),
            OldestTimeUnixNanos = Earlier(stored.OldestTimeUnixNanos, archived.OldestTimeUnixNanos),
            Filter = applied,
        };
    }

    // As CountLogAsync.
    private async Task<FlowSummation> BeginFlowsAsync(FlowQuery query, CancellationToken cancellationToken)
    {
        for (var count = 1; ; count++)
        {
            var complete = CompleteSince;
            var sums = await cores.RunAsync(() => log.BeginFlows(query, complete), cancellationToken);
            if (complete == CompleteSince || count == MaxCounts)
            {
                return sums;
            }
        }
    }

    // Counts again where events left the log meanwhile that it should have counted.
    private async Task<(EventSummary Stored, long Complete)> CountLogAsync(
        EventFilter filter, long since, TimeSpan? interval, CancellationToken cancellationToken)
    {
        for (var count = 1; ; count++)
        {
            var complete = CompleteSince;
            var newer = filter.Clone();
            if (since < complete && filter.Field.Count == 0)
            {
                newer.Since = UnixNanos.ToTimestamp(complete);
            }

            var stored = await cores.RunAsync(() => log.Summarize(newer, interval, cancellationToken), cancellationToken);
            if (complete == CompleteSince || count == MaxCounts)
            {
                return (stored, complete);
            }
        }
    }

    // What the log alone has no answer to.
    private static async Task<T> FromArchiveAloneAsync<T>(Task<T> answer)
    {
        try
        {
            return await answer;
        }
        catch (ArchiveException failure)
        {
            throw CallErrors.ArchiveAway(failure);
        }
    }

    private static IReadOnlyDictionary<string, long> Sum(
        NameCounts sum, IReadOnlyDictionary<string, long> one, IReadOnlyDictionary<string, long> other)
    {
        sum.Add(one);
        sum.Add(other);
        return sum.ToDictionary();
    }

    // The one in which the archive ends and the log begins is in both.
    private static List<SummaryInterval> Sum(IReadOnlyList<SummaryInterval> one, IReadOnlyList<SummaryInterval> other) =>
    [
        .. one.Concat(other).GroupBy(part => part.StartUnixNanos).OrderBy(part => part.Key).Select(part => part.Aggregate((a, b) =>
            new SummaryInterval(
                part.Key,
                a.Count + b.Count,
                a.FailedCount + b.FailedCount,
                Sum(NameCounts.OfTexts(), a.ByError, b.ByError),
                Sum(NameCounts.OfTexts(), a.ByReason, b.ByReason)))),
    ];

    private static ArchivePageToken? PlaceOf(string pageToken, EventFilterPlan plan) =>
        !ArchivePageToken.TryParse(pageToken, out var place) ? null
        : place.Filter == plan.Fingerprint() ? place
        : throw CallErrors.InvalidField(
            "page_token",
            $"page_token: '{MessageText.Shorten(pageToken)}' continues a list with another filter. Repeat the filter, or start again without page_token.");

    private static long? Earlier(long? one, long? other) => one is null || other < one ? other : one;

    private static PooledBuffer BufferOf(ListMerge merge)
    {
        var buffer = new PooledBuffer();
        foreach (var (_, encoded) in merge.Events)
        {
            buffer.WriteEvent(encoded.Span);
        }

        return buffer;
    }

    private List<(EventKey Key, ReadOnlyMemory<byte> Encoded)> KeysOf(ReadOnlyMemory<byte> events)
    {
        var entries = new List<(EventKey, ReadOnlyMemory<byte>)>();
        foreach (var encoded in new EncodedEventReader(events))
        {
            entries.Add((EventKey.Of(encoded.Span, log.Types), encoded));
        }

        return entries;
    }

    private Task<QueryResult> QueryAsync(EventQuery query, string token, CancellationToken cancellationToken) =>
        cores.RunAsync(() => log.Query(With(query, query.Filter, query.Limit, token, cancellationToken)), cancellationToken);

    private static EventQuery With(EventQuery query, EventFilter? filter, int limit, string token, CancellationToken cancellationToken) => new()
    {
        Filter = filter,
        Limit = limit,
        MaxBytes = query.MaxBytes,
        PageToken = token,
        CountPids = query.CountPids,
        Cancellation = cancellationToken,
    };

    private async Task<ArchivedList> ListLogAsync(EventQuery query, string token, CancellationToken cancellationToken)
    {
        var result = await QueryAsync(query, token, cancellationToken);
        return new ArchivedList(result)
        {
            Count = result.Count,
            TotalCount = result.TotalCount,
            IsAtLeast = result.IsAtLeast,
            PidCount = result.Pids.Count,
            NextPageToken = result.NextPageToken,
            OldestTimeUnixNanos = result.OldestTimeUnixNanos,
            QueryTime = result.QueryTime,
            Filter = result.Filter,
        };
    }

    // How many match that only the log has.
    private Task<QueryResult> CountAsync(EventQuery query, long since, CancellationToken cancellationToken)
    {
        var newer = query.Filter?.Clone() ?? new EventFilter();
        newer.Since = UnixNanos.ToTimestamp(since);
        return cores.RunAsync(() => log.Query(With(query, newer, 1, "", cancellationToken)), cancellationToken);
    }

    // The log's own token behind those of its events that were taken.
    private async Task<string?> ContinueLogAsync(
        EventQuery query, ArchivePageToken? place, QueryResult? fromLog, int read, int taken, CancellationToken cancellationToken)
    {
        if (fromLog is null)
        {
            return null;
        }

        if (taken == 0)
        {
            return place?.Log ?? "";
        }

        if (taken == read)
        {
            return fromLog.NextPageToken.Length > 0 ? fromLog.NextPageToken : null;
        }

        using var part = await cores.RunAsync(
            () => log.Query(With(query, query.Filter, taken, place?.Log ?? "", cancellationToken)), cancellationToken);
        return part.NextPageToken.Length > 0 ? part.NextPageToken : null;
    }
}
