using System.Collections.Concurrent;

namespace Monitor.Server;

/// <summary>The streams that are open. Any thread.</summary>
internal sealed class Subscribers
{
    private readonly ConcurrentDictionary<Subscriber, bool> _open = new();

    /// <summary>How many there are.</summary>
    public int Count => _open.Count;

    /// <summary>All of them, the longest open first.</summary>
    public IEnumerable<Subscriber> All => _open.Keys.OrderBy(subscriber => subscriber.Since);

    public void Add(Subscriber subscriber) => _open.TryAdd(subscriber, true);

    public void Remove(Subscriber subscriber) => _open.TryRemove(subscriber, out _);
}
