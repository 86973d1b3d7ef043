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

    /// <summary>What its summaries have by error.</summary>
    public Dictionary<string, long> Errors { get; } = [];

    public void Add(byte[] encodedEvent) => _events[EventKey.Of(encodedEvent, _types)] = encodedEvent;

    /// <summary>What is missing.</summary>
    public List<Loss> Losses { get; } = [];

    /// <summary>The questions for losses.</summary>
    public List<ArchiveLossQuery> AskedForLosses { get; } = [];

    /// <summary>Runs before each list is answered.</summary>
    public Action<ArchiveQuery> Listing { get; set; } = _ => { };

    public long WrittenPosition { get; set; } = long.MaxValue;

    /// <summary>Most events of a page, whatever is asked for.</summary>
    public int MaxPage { get; set; } = int.MaxValue;

    public Task<ArchivePage> ListAsync(ArchiveQuery query, CancellationToken cancellationToken)
    {
        Ask();
        Listing(query);
        var all = Matching(query).ToList();
        var rest = all.Where(row => query.After is not { } after || (query.OldestFirst ? row.Key > after : row.Key < after)).ToList();
        var limit = Math.Min(query.Limit, MaxPage);
        return Task.FromResult(new ArchivePage
        {
            Events = [.. rest.Take(limit).Select(row => (row.Key, (ReadOnlyMemory<byte>)row.Value))],
            HasMore = rest.Count > limit,
            TotalCount = query.Counts ? all.Count : 0,
            OldestTimeUnixNanos = _events.Count == 0 ? null : _events.Keys.First().Time,
        });
    }

    public Task<byte[]?> FindAsync(ulong epoch, ulong sequence, EventFilter filter, CancellationToken cancellationToken)
    {
        Ask();
        return Task.FromResult(Matching(filter, long.MaxValue)
            .Where(row => row.Key.Epoch == epoch && row.Key.Sequence == sequence).Select(row => row.Value).FirstOrDefault());
    }

    public Task<IReadOnlyDictionary<ulong, ulong>> ListRunsAsync(ArchiveRuns runs, long since, CancellationToken cancellationToken)
    {
        Ask();
        return Task.FromResult<IReadOnlyDictionary<ulong, ulong>>(
            _events.Keys.Where(key => key.Time >= since && IsIn(runs, key))
                .GroupBy(key => key.Epoch).ToDictionary(run => run.Key, run => run.Max(key => key.Sequence)));
    }

    public Task<ArchivePids> ListPidsAsync(ArchiveQuery query, CancellationToken cancellationToken)
    {
        Ask();
        var pids = Matching(query).Select(row => Event.Parser.ParseFrom(row.Value)).Where(made => made.HasPid).Select(made => made.Pid);
        return Task.FromResult(new ArchivePids(pids.ToHashSet(), HasMore: false));
    }

    public Task<IReadOnlyList<Loss>> ListLossesAsync(ArchiveLossQuery query, CancellationToken cancellationToken)
    {
        Ask();
        AskedForLosses.Add(query);
        return Task.FromResult<IReadOnlyList<Loss>>([.. Losses]);
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
            ByError = Errors,
            ByReason = new Dictionary<string, long>(),
            Intervals = interval is not { } length ? [] :
            [
                .. Matching(filter, long.MaxValue).GroupBy(row => row.Key.Time / (length.Ticks * 100) * (length.Ticks * 100)).OrderBy(part => part.Key)
                    .Select(part => new SummaryInterval(
                        part.Key, part.Count(), 0, Errors, new Dictionary<string, long>())),
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

    private IEnumerable<KeyValuePair<EventKey, byte[]>> Matching(ArchiveQuery query)
    {
        var rows = Matching(query.Filter, query.Before).Where(row => IsIn(query.Runs, row.Key));
        return query.OldestFirst ? rows.Reverse() : rows;
    }

    private static bool IsIn(ArchiveRuns? runs, EventKey key)
    {
        if (runs is null)
        {
            return true;
        }

        var part = runs.Parts.Where(part => part.Epoch == key.Epoch).Cast<RunPart?>().SingleOrDefault();
        return part is null ? runs.HasOthers : key.Sequence > part.Value.After && key.Sequence <= part.Value.UpTo;
    }

    private IEnumerable<KeyValuePair<EventKey, byte[]>> Matching(EventFilter filter, long before)
    {
        var since = filter.Since is null ? long.MinValue : UnixNanos.From(filter.Since)!.Value;
        var until = Math.Min(before, filter.Until is null ? long.MaxValue : UnixNanos.From(filter.Until)!.Value);
        return _events.Reverse().Where(row => row.Key.Time >= since && row.Key.Time < until
            && (filter.Type.Count == 0 || filter.Type.Contains(Event.Parser.ParseFrom(row.Value).Type)));
    }
}
