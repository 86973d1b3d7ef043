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
    private FileSystemWatcher? _watcher;
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

    /// <summary>Watches from now on. Call it before the first scan, so that nothing falls between the two.</summary>
    public void Watch()
    {
        try
        {
            _watcher = new FileSystemWatcher(Tree.Root.Length == 0 ? "/" : Tree.Root)
            {
                IncludeSubdirectories = true,
                NotifyFilter = NotifyFilters.DirectoryName,
            };
            _watcher.Created += (_, made) => Add(isNew: true, made.FullPath);
            _watcher.Deleted += (_, gone) => Add(isNew: false, gone.FullPath);
            _watcher.Renamed += (_, _) => Lost();
            _watcher.Error += (_, problem) => Fail(problem.GetException());
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            WatchError = failure.Message;
        }
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

    /// <summary>All that are there.</summary>
    public IReadOnlyList<Cgroup> ScanAll(int most)
    {
        _mustScan = false;
        var start = TimeProvider.System.GetTimestamp();
        var found = Tree.Scan("", most);
        _lastScan = TimeProvider.System.GetTimestamp();
        _lastDuration = TimeProvider.System.GetElapsedTime(start, _lastScan);
        Interlocked.Increment(ref _scans);
        return found;
    }

    public void Dispose() => _watcher?.Dispose();

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

    private void Lost()
    {
        _mustScan = true;
        wake();
    }

    private void Fail(Exception failure)
    {
        // An overflow is made good by a scan; the rest means that some folders are not watched: fs.inotify.max_user_watches.
        if (failure is not InternalBufferOverflowException)
        {
            WatchError = failure.Message;
        }

        Lost();
    }
}
