using System.Globalization;
using Monitor.Events;
using Monitor.Server;
using Monitor.V1;
using Outcome = Monitor.V1.ConnectionDetail.Types.Outcome;

namespace Monitor.ClickHouse.Reading;

/// <summary>Answers queries from the tables. Any thread.</summary>
internal sealed class ArchiveReader(ArchiveServer server)
{
    // Rows that were inserted twice are one, whether they were merged yet or not.
    private const string From = "FROM events FINAL";
    private const int MaxGroups = 100_000;

    private readonly EventTypeTable _types = new();

    /// <inheritdoc cref="IEventArchive.ListAsync"/>
    public async Task<ArchivePage> ListAsync(ArchiveQuery query, CancellationToken cancellationToken)
    {
        var (total, oldest) = await CountAsync(query, cancellationToken);
        var events = new List<(EventKey, ReadOnlyMemory<byte>)>();
        var hasMore = false;
        if (total > 0)
        {
            var filter = FilterOf(query);
            if (query.After is { } after)
            {
                filter.After(after);
            }

            var bytes = 0L;
            await server.ReadAsync(
                string.Create(CultureInfo.InvariantCulture, $"""
                SELECT toUnixTimestamp64Nano(time), epoch, sequence, event {From} WHERE {filter.Where}
                ORDER BY time DESC, epoch DESC, sequence DESC LIMIT {query.Limit + 1} FORMAT RowBinary
                """),
                filter.Parameters,
                async (stream, cancelled) =>
                {
                    var rows = new RowReader(stream);
                    while (await rows.ReadAsync(cancelled) is { } row)
                    {
                        bytes += row.Encoded.Length;
                        if (events.Count == query.Limit || events.Count > 0 && bytes > query.MaxBytes)
                        {
                            hasMore = true;
                            return;
                        }

                        events.Add((row.Key, Check(row.Encoded)));
                    }
                },
                cancellationToken);
        }

        return new ArchivePage { Events = events, HasMore = hasMore, TotalCount = total, OldestTimeUnixNanos = oldest };
    }

    /// <inheritdoc cref="IEventArchive.SummarizeAsync"/>
    public async Task<EventSummary> SummarizeAsync(EventFilter filter, TimeSpan? interval, CancellationToken cancellationToken)
    {
        var sql = new FilterSql(filter);
        // 0 and no number, where there are no intervals.
        var nanos = (interval?.Ticks ?? 0) * TimeSpan.NanosecondsPerTick;
        var part = nanos == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"intDiv(toUnixTimestamp64Nano(time), {nanos})");
        var lines = await server.ReadLinesAsync(
            string.Create(CultureInfo.InvariantCulture, $"""
            SELECT base64Encode(node_name), outcome, base64Encode(error), base64Encode(reason), type = 'packet_drop', count(), countIf(failed), {part} AS part
            {From} WHERE {sql.Where} GROUP BY node_name, outcome, error, reason, type, part LIMIT {MaxGroups}
            """),
            sql.Parameters,
            cancellationToken);
        var (nodes, outcomes, errors, reasons) = (Counts(), new Dictionary<Outcome, long>(), Counts(), Counts());
        var (count, failed) = (0L, 0L);
        var parts = new SortedDictionary<long, SummaryInterval>();
        foreach (var line in lines)
        {
            var events = long.Parse(line[5], CultureInfo.InvariantCulture);
            count += events;
            var failures = long.Parse(line[6], CultureInfo.InvariantCulture);
            failed += failures;
            var start = long.Parse(line[7], CultureInfo.InvariantCulture) * nanos;
            var known = parts.GetValueOrDefault(start) ?? new SummaryInterval(start, 0, 0, Counts(), Counts());
            parts[start] = known with { Count = known.Count + events, FailedCount = known.FailedCount + failures };
            Add(nodes, Text(line[0]), events);
            if (line[1].Length > 0)
            {
                var outcome = Enum.Parse<Outcome>(line[1], ignoreCase: true);
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + events;
                if (line[2].Length > 0)
                {
                    Add(errors, Text(line[2]), events);
                    Add((Dictionary<string, long>)known.ByError, Text(line[2]), events);
                }
            }

            if (line[4] == "1")
            {
                Add(reasons, Text(line[3]), events);
                Add((Dictionary<string, long>)known.ByReason, Text(line[3]), events);
            }
        }

        return new EventSummary
        {
            Count = count,
            FailedCount = failed,
            ByNode = nodes,
            ByOutcome = outcomes,
            ByError = errors,
            ByReason = reasons,
            Intervals = nanos == 0 ? [] : [.. parts.Values],
            OldestTimeUnixNanos = await OldestAsync(cancellationToken),
            Filter = filter,
        };
    }

    private static FilterSql FilterOf(ArchiveQuery query)
    {
        var filter = new FilterSql(query.Filter);
        filter.Before(query.Before);
        return filter;
    }

    private async Task<(long Total, long? Oldest)> CountAsync(ArchiveQuery query, CancellationToken cancellationToken)
    {
        var filter = FilterOf(query);
        var lines = await server.ReadLinesAsync($"SELECT count() {From} WHERE {filter.Where}", filter.Parameters, cancellationToken);
        return (long.Parse(lines[0][0], CultureInfo.InvariantCulture), await OldestAsync(cancellationToken));
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

    private static Dictionary<string, long> Counts() => new(StringComparer.Ordinal);

    private static void Add(Dictionary<string, long> counts, string name, long events) =>
        counts[name] = counts.GetValueOrDefault(name) + events;
}
