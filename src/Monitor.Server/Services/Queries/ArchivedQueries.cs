using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// Answers from the log and the archive as if they were one. The log has all events since it began and since the newest one that
/// left it. What is older comes from the archive, and what the archive does not have yet from the log.
/// </summary>
internal sealed class ArchivedQueries(EventLog log, QueryCores cores, ArchiveSource source, MonitorServerOptions options)
{
    // Of one summary, where the log turns over while it is counted.
    private const int MaxCounts = 3;

    /// <summary>Whether there is an archive.</summary>
    public bool HasArchive => source.Archive is not null;

    private IEventArchive Archive => source.Archive!;

    // From here on the log has all.
    private long CompleteSince => Math.Max(Archive.StartUnixNanos, LeftSince);

    // What is older may have left.
    private long LeftSince => Math.Min(log.NewestEvictedTimeUnixNanos, long.MaxValue - 1) + 1;

    /// <summary>Lists events. The caller disposes of what owns them.</summary>
    /// <exception cref="RpcException">The request is bad, or the archive does not answer; it says why.</exception>
    public async Task<ListEventsResponse> ListAsync(EventFilter filter, int limit, string pageToken, CancellationToken cancellationToken)
    {
        // 1. A list that began while the archive was away is one of the log.
        if (pageToken.Length > 0 && !ArchivePageToken.TryParse(pageToken, out _))
        {
            return await ListLogAsync(filter, limit, pageToken, cancellationToken);
        }

        if (limit is < 0 or > ContractLimits.MaxListLimit)
        {
            throw CallErrors.InvalidField(new FilterException(
                "limit", limit.ToString(CultureInfo.InvariantCulture), $"must be 1 to {ContractLimits.MaxListLimit}."));
        }

        // 2. What the log has.
        var plan = await cores.RunAsync(() => EventFilterPlan.Compile(filter), cancellationToken);
        var place = PlaceOf(pageToken, plan);
        using var fromLog = place is { Log: null } ? null : await QueryAsync(filter, limit, place?.Log ?? "", cancellationToken);
        var wanted = limit == 0 ? ContractLimits.DefaultListLimit : limit;
        var entries = fromLog is null ? [] : KeysOf(fromLog.Events);
        var logHasMore = fromLog is { NextPageToken.Length: > 0 };
        // After the query: what left the log meanwhile is older.
        var complete = CompleteSince;

        // 3. Nothing else, where the page is full of what only the log has, or no older event is asked for.
        var since = filter.Since is null ? long.MinValue : UnixNanos.From(filter.Since) ?? long.MinValue;
        var until = filter.Until is null ? long.MaxValue : UnixNanos.From(filter.Until) ?? long.MaxValue;
        var isFull = logHasMore && filter.Since is null && filter.Until is null && entries[^1].Key.Time >= complete;
        ArchivePage? page = null;
        if (!isFull && since < complete)
        {
            CheckFields(filter, complete);
            try
            {
                page = await Archive.ListAsync(
                    new ArchiveQuery
                    {
                        Filter = plan.Canonical,
                        Before = complete,
                        After = place?.Last,
                        Limit = wanted,
                        MaxBytes = ContractLimits.MaxResponseEventBytes,
                    },
                    cancellationToken);
            }
            catch (ArchiveException failure)
            {
                // The log alone, as long as that is no wrong answer: neither a time before was asked for, nor did the list go on
                // from what the archive said.
                if (place is not null || filter.Since is not null && since < LeftSince || until <= LeftSince)
                {
                    throw Unavailable(failure);
                }

                return await ListLogAsync(filter, limit, "", cancellationToken);
            }
        }

        // 4. Both as one.
        var merge = ListMerge.Of(entries, logHasMore, page?.Events ?? [], page?.HasMore ?? false, wanted, ContractLimits.MaxResponseEventBytes);
        var response = ResponseOf(merge);
        response.Filters = plan.Canonical;
        response.QueryTime = Timestamp.FromDateTimeOffset(fromLog?.QueryTime ?? options.Time.GetUtcNow());
        response.TotalCount = (int)Math.Min(
            int.MaxValue,
            page is null ? fromLog!.TotalCount : page.TotalCount + await CountAsync(filter, complete, since, until, cancellationToken));
        response.TotalIsAtLeast = fromLog is { IsAtLeast: true };
        response.OldestTime = Oldest(log.GetStatistics().OldestTimeUnixNanos, page?.OldestTimeUnixNanos);
        if (merge.HasMore)
        {
            response.NextPageToken = new ArchivePageToken
            {
                Filter = plan.Fingerprint(),
                Last = merge.Events.Count > 0 ? merge.Events[^1].Key : place!.Value.Last,
                Log = await ContinueLogAsync(filter, place, fromLog, entries.Count, merge.FromLog, cancellationToken),
            }.ToString();
        }

        return response;
    }

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
                ? throw Unavailable(failure)
                : await cores.RunAsync(() => log.Summarize(filter, interval, cancellationToken), cancellationToken);
        }

        var applied = stored.Filter.Clone();
        applied.Since = filter.Since.Clone();
        return new EventSummary
        {
            Count = stored.Count + archived.Count,
            FailedCount = stored.FailedCount + archived.FailedCount,
            ByNode = Sum(stored.ByNode, archived.ByNode),
            ByOutcome = Sum(stored.ByOutcome, archived.ByOutcome),
            ByError = Sum(stored.ByError, archived.ByError),
            ByReason = Sum(stored.ByReason, archived.ByReason),
            Intervals = Sum(stored.Intervals, archived.Intervals),
            OldestTimeUnixNanos = Earlier(stored.OldestTimeUnixNanos, archived.OldestTimeUnixNanos),
            Filter = applied,
        };
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

    private static Dictionary<TKey, long> Sum<TKey>(IReadOnlyDictionary<TKey, long> one, IReadOnlyDictionary<TKey, long> other)
        where TKey : notnull =>
        one.Concat(other).GroupBy(entry => entry.Key).ToDictionary(group => group.Key, group => group.Sum(entry => entry.Value));

    // The one in which the archive ends and the log begins is in both.
    private static List<SummaryInterval> Sum(IReadOnlyList<SummaryInterval> one, IReadOnlyList<SummaryInterval> other) =>
    [
        .. one.Concat(other).GroupBy(part => part.StartUnixNanos).OrderBy(part => part.Key).Select(part => part.Aggregate((a, b) =>
            new SummaryInterval(
                part.Key, a.Count + b.Count, a.FailedCount + b.FailedCount, Sum(a.ByError, b.ByError), Sum(a.ByReason, b.ByReason)))),
    ];

    private static ArchivePageToken? PlaceOf(string pageToken, EventFilterPlan plan) =>
        !ArchivePageToken.TryParse(pageToken, out var place) ? null
        : place.Filter == plan.Fingerprint() ? place
        : throw CallErrors.InvalidField(
            "page_token",
            $"page_token: '{MessageText.Shorten(pageToken)}' continues a list with another filter. Repeat the filter, or start again without page_token.");

    private static RpcException Unavailable(ArchiveException failure) => new(new Grpc.Core.Status(
        StatusCode.Unavailable,
        $"the archive, which has the older ones of these events, does not answer: {failure.Message}. Try again, or ask for newer events only."));

    // Their fields are in no column of the archive.
    private static void CheckFields(EventFilter filter, long complete)
    {
        if (filter.Field.Count > 0)
        {
            throw CallErrors.InvalidField(
                "field",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"field: events before {UnixNanos.ToTimestamp(complete).ToString().Trim('"')} are in the archive, which does not know fields of your own monitors. Give since with that time or a later one."));
        }
    }

    private static Timestamp? Oldest(long? one, long? other) =>
        Earlier(one, other) is { } oldest ? UnixNanos.ToTimestamp(oldest) : null;

    private static long? Earlier(long? one, long? other) => one is null || other < one ? other : one;

    private static ListEventsResponse ResponseOf(ListMerge merge)
    {
        var buffer = new PooledBuffer();
        Span<byte> head = stackalloc byte[2 * WireWriter.MaxVarintBytes];
        foreach (var (_, encoded) in merge.Events)
        {
            var writer = new WireWriter(head);
            writer.Varint(ListEventsResponse.EventsFieldNumber << 3 | WireReader.LengthDelimited);
            writer.Varint((ulong)encoded.Length);
            var target = buffer.GetSpan(writer.Written.Length + encoded.Length);
            writer.Written.CopyTo(target);
            encoded.Span.CopyTo(target[writer.Written.Length..]);
            buffer.Advance(writer.Written.Length + encoded.Length);
        }

        return new ListEventsResponse { EncodedEvents = buffer.Written, EncodedEventsOwner = buffer, Count = merge.Events.Count };
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

    private Task<QueryResult> QueryAsync(EventFilter filter, int limit, string token, CancellationToken cancellationToken) =>
        cores.RunAsync(() => log.Query(new EventQuery { Filter = filter, Limit = limit, PageToken = token, Cancellation = cancellationToken }), cancellationToken);

    private async Task<ListEventsResponse> ListLogAsync(EventFilter filter, int limit, string token, CancellationToken cancellationToken) =>
        EventLister.ResponseOf(await QueryAsync(filter, limit, token, cancellationToken));

    // How many match that only the log has.
    private async Task<long> CountAsync(EventFilter filter, long complete, long since, long until, CancellationToken cancellationToken)
    {
        if (complete >= until)
        {
            return 0;
        }

        var newer = filter.Clone();
        newer.Since = UnixNanos.ToTimestamp(Math.Max(complete, since));
        using var counted = await QueryAsync(newer, 1, "", cancellationToken);
        return counted.TotalCount;
    }

    // The log's own token behind those of its events that were taken.
    private async Task<string?> ContinueLogAsync(
        EventFilter filter, ArchivePageToken? place, QueryResult? fromLog, int read, int taken, CancellationToken cancellationToken)
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

        using var part = await QueryAsync(filter, taken, place?.Log ?? "", cancellationToken);
        return part.NextPageToken.Length > 0 ? part.NextPageToken : null;
    }
}
