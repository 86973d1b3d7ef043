using System.Collections.Concurrent;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Tests.Support;

/// <summary>A sink that keeps what it is given, by name.</summary>
internal sealed class CollectedObjects<T>(Func<T, string> nameOf) : IWatchSink<T>
{
    private ConcurrentDictionary<string, T> _objects = new();
    private int _removals;

    /// <summary>Objects that there are.</summary>
    public IReadOnlyDictionary<string, T> Objects => _objects;

    /// <summary>Objects that a watch said are gone.</summary>
    public int Removals => Volatile.Read(ref _removals);

    public void Replace(IReadOnlyList<T> all) =>
        _objects = new ConcurrentDictionary<string, T>(all.Select(item => KeyValuePair.Create(nameOf(item), item)));

    public void Upsert(T item) => _objects[nameOf(item)] = item;

    public void Remove(T item)
    {
        Interlocked.Increment(ref _removals);
        _objects.TryRemove(nameOf(item), out _);
    }
}
