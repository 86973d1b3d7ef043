namespace Monitor.Kubernetes.Watching;

/// <summary>Hands on what one watch finds to two sinks.</summary>
internal sealed class BothSinks<T>(IWatchSink<T> first, IWatchSink<T> second) : IWatchSink<T>
{
    public void Replace(IReadOnlyList<T> all)
    {
        first.Replace(all);
        second.Replace(all);
    }

    public void Upsert(T item)
    {
        first.Upsert(item);
        second.Upsert(item);
    }

    public void Remove(T item)
    {
        first.Remove(item);
        second.Remove(item);
    }
}
