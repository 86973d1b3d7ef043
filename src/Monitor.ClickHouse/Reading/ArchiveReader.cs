using System.Globalization;
using ClickHouse.Driver.ADO.Parameters;
using Monitor.ClickHouse.Tables;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;
using Outcome = Monitor.V1.ConnectionDetail.Types.Outcome;

namespace Monitor.ClickHouse.Reading;

/// <summary>Answers queries from the tables. Any thread.</summary>
internal sealed class ArchiveReader(ArchiveServer server)
{
    // Rows that were inserted twice are one, whether they were merged yet or not.
    private const string From = "FROM events FINAL";
    private const string Row = "toUnixTimestamp64Nano(time), epoch, sequence, event";
    private const int MaxGroups = 100_000;
    private const int MaxPids = 100_000;
    private const int FieldRows = 20_000;

    private readonly EventTypeTable _types = new();

    /// <inheritdoc cref="IEventArchive.ListAsync"/>
    public async Task<ArchivePage> ListAsync(ArchiveQuery query, CancellationToken cancellationToken)
    {
        var counts = query.Counts && query.Filter.Field.Count == 0;
        var total = counts ? await CountAsync(query, cancellationToken) : long.MaxValue;
        var page = total == 0 || query.Runs is { HasOthers: false } runs && runs.Parts.All(part => part.UpTo == part.After)
            ? ([], false)
            : await ReadAsync(query, cancellationToken);
        return new ArchivePage
        {
            Events = page.Events,
            HasMore = page.HasMore,
            TotalCount = counts ? total : query.Counts ? page.Events.Count : 0,
            IsAtLeast = query.Counts && !counts && (page.HasMore || query.After is not null),
            OldestTimeUnixNanos = query.Counts || !page.HasMore ? await OldestAsync(cancellationToken) : null,
        };
    }

    /// <inheritdoc cref="IEventArchive.FindAsync"/>
    public async Task<byte[]?> FindAsync(ulong epoch, ulong sequence, EventFilter filter, CancellationToken cancellationToken)
    {
        var sql = new FilterSql(filter);
        sql.Is(epoch, sequence);
        byte[]? found = null;
        await server.ReadAsync(
            $"SELECT {Row} {From} WHERE {sql.Where} LIMIT 1 FORMAT RowBinary",
            sql.Parameters,
            async (stream, cancelled) => found = await new RowReader(stream).ReadAsync(cancelled) is { } row ? Check(row.Encoded) : null,
            cancellationToken);
        return found;
    }

    /// <inheritdoc cref="IEventArchive.ListRunsAsync"/>
    public async Task<IReadOnlyDictionary<ulong, ulong>> ListRunsAsync(ArchiveRuns runs, long since, CancellationToken cancellationToken)
    {
        var filter = new FilterSql(new EventFilter { Since = since == long.MinValue ? null : UnixNanos.ToTimestamp(since) });
        filter.In(runs);
        var lines = await server.ReadLinesAsync(
            $"SELECT epoch, max(sequence) FROM events WHERE {filter.Where} GROUP BY epoch LIMIT {MaxGroups}", filter.Parameters, cancellationToken);
        return lines.ToDictionary(
            line => ulong.Parse(line[0], CultureInfo.InvariantCulture), line => ulong.Parse(line[1], CultureInfo.InvariantCulture));
    }

    /// <inheritdoc cref="IEventArchive.ListPidsAsync"/>
    public async Task<ArchivePids> ListPidsAsync(ArchiveQuery query, CancellationToken cancellationToken)
    {
        var filter = FilterOf(query);
        var lines = await server.ReadLinesAsync(
            $"SELECT DISTINCT pid FROM events WHERE {filter.Where} AND isNotNull(pid) LIMIT {MaxPids + 1}", filter.Parameters, cancellationToken);
        return new ArchivePids(
            [.. lines.Take(MaxPids).Select(line => uint.Parse(line[0], CultureInfo.InvariantCulture))],
            lines.Count > MaxPids || query.Filter.Field.Count > 0);
    }

    /// <inheritdoc cref="IEventArchive.ListLossesAsync"/>
    public async Task<IReadOnlyList<Loss>> ListLossesAsync(ArchiveLossQuery query, CancellationToken cancellationToken)
    {
        var conditions = new List<string>();
        var parameters = new List<ClickHouseDbParameter>();
        RunsSql.Add(query.Logs, "log_epoch", "position", (condition, values) =>
        {
            conditions.Add($"({condition})");
            parameters.AddRange(values.Select(FilterSql.ParameterOf));
        });
        if (query.Since > long.MinValue)
        {
            conditions.Add("coalesce(last_time, written) >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')");
            parameters.Add(FilterSql.ParameterOf(("since", "Int64", query.Since)));
        }

        if (query.Until < long.MaxValue)
        {
            conditions.Add("coalesce(first_time, written) < fromUnixTimestamp64Nano({until:Int64}, 'UTC')");
            parameters.Add(FilterSql.ParameterOf(("until", "Int64", query.Until)));
        }

        // What several aggregators wrote of one loss is one, where they say the same of it.
        var lines = await server.ReadLinesAsync(
            $"""
            SELECT base64Encode(node_name), base64Encode(type), cause, sum(count), count() = countIf(count > 0),
                ifNull(toUnixTimestamp64Nano(min(first_time)), 0), ifNull(toUnixTimestamp64Nano(max(last_time)), 0)
            FROM (SELECT DISTINCT node_name, type, cause, count, first_time, last_time FROM losses FINAL WHERE {string.Join(" AND ", conditions)})
            GROUP BY node_name, type, cause LIMIT {MaxGroups}
            """,
            parameters,
            cancellationToken);
        return [.. lines.Select(LossRows.Read)];
    }

    /// <inheritdoc cref="IEventArchive.SummarizeAsync"/>
    public async Task<EventSummary> SummarizeAsync(EventFilter filter, TimeSpan? interval, CancellationToken cancellationToken)
    {
        var sql = new FilterSql(filter);
        // 0 and no number, where there are no intervals. What is ahead counts in the last one, as in the log.
        var nanos = (interval?.Ticks ?? 0) * TimeSpan.NanosecondsPerTick;
        var part = nanos == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"intDiv(least(toUnixTimestamp64Nano(time), toUnixTimestamp64Nano(now64(9))), {nanos})");
        var lines = await server.ReadLinesAsync(
            string.Create(CultureInfo.InvariantCulture, $"""
            SELECT base64Encode(node_name), outcome, base64Encode({Short("error")} AS short_error), base64Encode({Short("reason")} AS short_reason),
                type = 'packet_drop', count(), countIf(failed), {part} AS part
            {From} WHERE {sql.Where} GROUP BY node_name, outcome, short_error, short_reason, type, part LIMIT {MaxGroups}
            """),
            sql.Parameters,
            cancellationToken);
        var (nodes, errors, reasons) = (NameCounts.OfNodes(), NameCounts.OfTexts(), NameCounts.OfTexts());
        var outcomes = new Dictionary<Outcome, long>();
        var (count, failed) = (0L, 0L);
        var parts = new SortedDictionary<long, Part>();
        foreach (var line in lines)
        {
            var events = long.Parse(line[5], CultureInfo.InvariantCulture);
            count += events;
            var failures = long.Parse(line[6], CultureInfo.InvariantCulture);
            failed += failures;
            var start = long.Parse(line[7], CultureInfo.InvariantCulture) * nanos;
            if (!parts.TryGetValue(start, out var known))
            {
                parts.Add(start, known = new Part());
            }

            known.Count += events;
            known.Failed += failures;
            nodes.Add(Text(line[0]), events);
            if (line[1].Length > 0)
            {
                var outcome = Enum.Parse<Outcome>(line[1], ignoreCase: true);
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + events;
                if (line[2].Length > 0)
                {
                    errors.Add(Text(line[2]), events);
                    known.Errors.Add(Text(line[2]), events);
                }
            }

            if (line[4] == "1")
            {
                reasons.Add(Text(line[3]), events);
                known.Reasons.Add(Text(line[3]), events);
            }
        }

        return new EventSummary
        {
            Count = count,
            FailedCount = failed,
            ByNode = nodes.ToDictionary(),
            ByOutcome = outcomes,
            ByError = errors.ToDictionary(),
            ByReason = reasons.ToDictionary(),
            Intervals = nanos == 0 ? [] : [.. parts.Select(part => new SummaryInterval(
                part.Key, part.Value.Count, part.Value.Failed, part.Value.Errors.ToDictionary(), part.Value.Reasons.ToDictionary()))],
            OldestTimeUnixNanos = await OldestAsync(cancellationToken),
            Filter = filter,
        };
    }

    private static FilterSql FilterOf(ArchiveQuery query)
    {
        var filter = new FilterSql(query.Filter);
        if (query.Before < long.MaxValue)
        {
            filter.Before(query.Before);
        }

        if (query.Runs is { } runs)
        {
            filter.In(runs);
        }

        return filter;
    }

    // Fields of users' own monitors are in no column: then parts of the table are read until a page is full.
    private async Task<(List<(EventKey Key, ReadOnlyMemory<byte> Encoded)> Events, bool HasMore)> ReadAsync(
        ArchiveQuery query, CancellationToken cancellationToken)
    {
        var events = new List<(EventKey, ReadOnlyMemory<byte>)>();
        var plan = EventFilterPlan.Compile(query.Filter);
        var (order, after, bytes) = (query.OldestFirst ? "" : "DESC", query.After, 0L);
        var hasFields = query.Filter.Field.Count > 0;
        var most = hasFields ? FieldRows : query.Limit + 1;
        while (true)
        {
            var filter = FilterOf(query);
            if (after is { } last)
            {
                filter.After(last, query.OldestFirst);
            }

            var (read, isFull) = (0, false);
            await server.ReadAsync(
                string.Create(CultureInfo.InvariantCulture, $"""
                SELECT {Row} {From} WHERE {filter.Where}
                ORDER BY time {order}, epoch {order}, sequence {order} LIMIT {most} FORMAT RowBinary
                """),
                filter.Parameters,
                async (stream, cancelled) =>
                {
                    var rows = new RowReader(stream);
                    while (!isFull && await rows.ReadAsync(cancelled) is { } row)
                    {
                        read++;
                        after = row.Key;
                        if (!plan.MatchesFields(Check(row.Encoded)))
                        {
                            continue;
                        }

                        bytes += row.Encoded.Length;
                        isFull = events.Count == query.Limit || events.Count > 0 && bytes > query.MaxBytes;
                        if (!isFull)
                        {
                            events.Add((row.Key, row.Encoded));
                        }
                    }
                },
                cancellationToken);
            if (isFull || read < most)
            {
                return (events, isFull);
            }
        }
    }

    private async Task<long> CountAsync(ArchiveQuery query, CancellationToken cancellationToken)
    {
        var filter = FilterOf(query);
        var lines = await server.ReadLinesAsync($"SELECT count() {From} WHERE {filter.Where}", filter.Parameters, cancellationToken);
        return long.Parse(lines[0][0], CultureInfo.InvariantCulture);
    }

    private async Task<long?> OldestAsync(CancellationToken cancellationToken)
    {
        // From the index of each part: no row is read.
        var line = (await server.ReadLinesAsync("SELECT count() > 0, toUnixTimestamp64Nano(min(time)) FROM events", [], cancellationToken))[0];
        return line[0] == "1" ? long.Parse(line[1], CultureInfo.InvariantCulture) : null;
    }

    // Others may write to the table.
    private byte[] Check(byte[] encoded) => EventColumns.TryParse(encoded, _types, out _)
        ? encoded
        : throw new InvalidDataException("the table events has a row whose event is none");

    // Texts may have line feeds and tabs.
    private static string Text(string base64) => System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(base64));

    // A text that NameCounts would not tell apart need not be sent.
    private static string Short(string column) =>
        string.Create(CultureInfo.InvariantCulture, $"if(length({column}) > {NameCounts.MaxTextBytes}, '{NameCounts.Other}', {column})");

    private sealed class Part
    {
        public long Count { get; set; }

        public long Failed { get; set; }

        public NameCounts Errors { get; } = NameCounts.OfTexts();

        public NameCounts Reasons { get; } = NameCounts.OfTexts();
    }
}
