using System.Collections.Concurrent;

namespace Monitor.Kubernetes.Cgroups;

/// <summary>Finds cgroups: all by a scan, and new ones as they come, by inotify.</summary>
/// <param name="tree">Where.</param>
/// <param name="wake">Called, on any thread, when there is news.</param>
internal sealed class CgroupFinder(CgroupTree tree, Action wake) : IDisposable
{
    // Of the time, at most a twentieth is spent on scans for the sake of unknown cgroups.
    private const int MissShare = 20;

    // A burst of more than this is made good by one scan.
    private const int MostNews = 10_000;

    private readonly ConcurrentQueue<(bool IsNew, string Path)> _news = new();
    private FolderWatch? _watch;
    private TimeSpan _lastDuration;
    private long _lastScan;
    private volatile bool _mustScan;
    private long _scans;

    public CgroupTree Tree { get; } = tree;

    /// <summary>Why new cgroups are not found at once; null where they are.</summary>
    public string? WatchError { get; private set; }

    /// <summary>Something was lost, which only a scan can make good.</summary>
    public bool MustScan => _mustScan;

    /// <summary>Whether <see cref="TakeNews"/> or <see cref="MustScan"/> has something.</summary>
    public bool HasNews => !_news.IsEmpty || _mustScan;

    /// <summary>Scans that were made.</summary>
    public long Scans => Volatile.Read(ref _scans);

    /// <summary>Time since the last scan.</summary>
    public TimeSpan ScanAge => TimeProvider.System.GetElapsedTime(_lastScan);

    /// <summary>Folders that are watched.</summary>
    public int Watches => _watch?.Count ?? 0;

    /// <summary>Makes it possible to watch. Call it before the first scan.</summary>
    public void StartWatching()
    {
        try
        {
            _watch = new FolderWatch(Add, Lost);
        }
        catch (IOException failure)
        {
            WatchError = failure.Message;
        }
    }

    /// <summary>Watches a folder for what comes in it. Call it before the folder is read, so that nothing falls between the
    /// two.</summary>
    public void Watch(string path)
    {
        if (_watch?.Add($"{Tree.Root}{path}/") is { } problem)
        {
            WatchError = problem;
        }
    }

    /// <summary>Something was lost, or is wanted now that was not before.</summary>
    public void Lost()
    {
        _mustScan = true;
        wake();
    }

    /// <summary>What came since the last call, in its order.</summary>
    public IEnumerable<(bool IsNew, string Path)> TakeNews()
    {
        while (_news.TryDequeue(out var next))
        {
            yield return (next.IsNew, Tree.Relative(next.Path));
        }
    }

    /// <summary>Whether a scan for the sake of an unknown cgroup is not too much yet.</summary>
    public bool MayScan(TimeSpan interval)
    {
        var age = ScanAge;
        return age >= interval && age >= _lastDuration * MissShare;
    }

    /// <summary>All that are there, and are kept.</summary>
    public IReadOnlyList<Cgroup> ScanAll(Func<Cgroup, bool> keep)
    {
        _mustScan = false;
        var start = TimeProvider.System.GetTimestamp();
        var found = Tree.Scan("", keep);
        _lastScan = TimeProvider.System.GetTimestamp();
        _lastDuration = TimeProvider.System.GetElapsedTime(start, _lastScan);
        Interlocked.Increment(ref _scans);
        return found;
    }

    public void Dispose() => _watch?.Dispose();

    private void Add(bool isNew, string path)
    {
        if (_news.Count < MostNews)
        {
            _news.Enqueue((isNew, path));
            wake();
        }
        else
        {
            Lost();
        }
    }
}
