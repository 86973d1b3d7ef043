namespace Monitor.Kubernetes.Watching;

/// <summary>Where the objects of a reflector go. Called by one thread at a time, and must not throw.</summary>
internal interface IWatchSink<in T>
{
    /// <summary>All objects that there are: what is missing is gone.</summary>
    void Replace(IReadOnlyList<T> all);

    /// <summary>One object is new or has changed.</summary>
    void Upsert(T item);

    /// <summary>One object is gone; it is as it was last. It may never have been listed.</summary>
    void Remove(T item);
}
