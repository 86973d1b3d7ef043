using System.Collections.Concurrent;
using Monitor.Events;

namespace Monitor.Server;

/// <summary>The streams that are open. Any thread.</summary>
internal sealed class Subscribers
{
    private readonly ConcurrentDictionary<Subscriber, bool> _open = new();
    private readonly Lock _lock = new();
    private StreamTotals _ended;

    /// <summary>How many there are.</summary>
    public int Count => _open.Count;

    /// <summary>All of them, the longest open first.</summary>
    public IEnumerable<Subscriber> All => _open.Keys.OrderBy(subscriber => subscriber.Since);

    public void Add(Subscriber subscriber) => _open.TryAdd(subscriber, true);

    public void Remove(Subscriber subscriber)
    {
        lock (_lock)
        {
            if (_open.TryRemove(subscriber, out _))
            {
                var ended = subscriber.GetCounters();
                _ended = Add(_ended, ended) with { Ahead = 0, Unread = _ended.Unread + ended.Ahead };
            }
        }
    }

    /// <summary>The balance of all streams that there ever were.</summary>
    public StreamTotals GetTotals()
    {
        lock (_lock)
        {
            return _open.Keys.Aggregate(_ended, (sum, subscriber) => Add(sum, subscriber.GetCounters())) with { Open = _open.Count };
        }
    }

    private static StreamTotals Add(StreamTotals sum, CursorCounters counters) => sum with
    {
        Stored = sum.Stored + counters.Stored,
        Delivered = sum.Delivered + counters.Delivered,
        Filtered = sum.Filtered + counters.Filtered,
        Evicted = sum.Evicted + counters.Evicted,
        Ahead = sum.Ahead + counters.Ahead,
    };
}
