namespace Monitor.Kubernetes.Watching;

/// <summary>Limits and times of a watch.</summary>
internal sealed record WatchOptions
{
    /// <summary>Objects asked for at once: with 500 pods of 8 KB, 4 MB.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Instead of a longer page, one of half as many objects is asked for: 500 of etcd's limit of 1.5 MB would be 750 MB, and
    /// whoever may make objects can make those.</summary>
    public int MaxPageBytes { get; init; } = 32 << 20;

    /// <summary>A longer event is refused: etcd's limit is 1.5 MB, and JSON makes at most six times that of it, since Go writes
    /// &lt; as \u003c.</summary>
    public int MaxEventBytes { get; init; } = 16 << 20;

    /// <summary>More objects than these are refused: half a gigabyte of memory would not do.</summary>
    public int MaxObjects { get; init; } = 250_000;

    /// <summary>How long a page may take.</summary>
    public TimeSpan PageTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// After this the server ends a watch, as it was asked to; and half a minute later we do, so that a connection on
    /// which nothing comes any more costs minutes at most. HTTP/2 pings notice a dead one earlier.
    /// </summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How much later than it was asked to a server may end a watch.</summary>
    public TimeSpan WatchGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A watch that ends earlier counts as failed.</summary>
    public TimeSpan Steady { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The first wait after a failure, doubled each time, with jitter.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(30);
}
