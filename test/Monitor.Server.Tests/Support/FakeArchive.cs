using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server.Tests.Support;

/// <summary>An archive in memory, which knows the types and the times of a filter.</summary>
internal sealed class FakeArchive : IEventArchive
{
    private readonly SortedDictionary<EventKey, byte[]> _events = [];
    private readonly EventTypeTable _types = new();

    /// <summary>Why it does not answer; null where it does.</summary>
    public string? Problem { get; set; }

    /// <summary>How many questions it was asked.</summary>
    public int Asked { get; private set; }

    public long StartUnixNanos { get; init; } = long.MinValue;

    public ArchiveStatus Status => new() { Server = "memory", Inserted = 0, Waiting = 0, Evicted = 0, Retries = 0, Problem = Problem };

    public void Add(byte[] encodedEvent) => _events[EventKey.Of(encodedEvent, _types)] = encodedEvent;

    public Task<ArchivePage> ListAsync(ArchiveQuery query, CancellationToken cancellationToken)
    {
        Ask();
        var all = Matching(query.Filter, query.Before).ToList();
        var rest = all.Where(row => !(row.Key >= query.After)).ToList();
        return Task.FromResult(new ArchivePage
        {
            Events = [.. rest.Take(query.Limit).Select(row => (row.Key, (ReadOnlyMemory<byte>)row.Value))],
            HasMore = rest.Count > query.Limit,
            TotalCount = all.Count,
            OldestTimeUnixNanos = _events.Count == 0 ? null : _events.Keys.First().Time,
        });
    }

    public Task<EventSummary> SummarizeAsync(EventFilter filter, TimeSpan? interval, CancellationToken cancellationToken)
    {
        Ask();
        var count = Matching(filter, long.MaxValue).Count();
        return Task.FromResult(new EventSummary
        {
            Count = count,
            FailedCount = 0,
            ByNode = count == 0 ? new Dictionary<string, long>() : new() { ["node-1"] = count },
            ByOutcome = new Dictionary<ConnectionDetail.Types.Outcome, long>(),
            ByError = new Dictionary<string, long>(),
            ByReason = new Dictionary<string, long>(),
            Intervals = interval is not { } length ? [] :
            [
                .. Matching(filter, long.MaxValue).GroupBy(row => row.Key.Time / (length.Ticks * 100) * (length.Ticks * 100)).OrderBy(part => part.Key)
                    .Select(part => new SummaryInterval(
                        part.Key, part.Count(), 0, new Dictionary<string, long>(), new Dictionary<string, long>())),
            ],
            OldestTimeUnixNanos = _events.Count == 0 ? null : _events.Keys.First().Time,
            Filter = filter,
        });
    }

    private void Ask()
    {
        Asked++;
        if (Problem is not null)
        {
            throw new ArchiveException(Problem);
        }
    }

    private IEnumerable<KeyValuePair<EventKey, byte[]>> Matching(EventFilter filter, long before)
    {
        var since = filter.Since is null ? long.MinValue : UnixNanos.From(filter.Since)!.Value;
        var until = Math.Min(before, filter.Until is null ? long.MaxValue : UnixNanos.From(filter.Until)!.Value);
        return _events.Reverse().Where(row => row.Key.Time >= since && row.Key.Time < until
            && (filter.Type.Count == 0 || filter.Type.Contains(Event.Parser.ParseFrom(row.Value).Type)));
    }
}
