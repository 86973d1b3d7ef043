using Microsoft.Extensions.Logging;
using Monitor.Kubernetes.Cgroups;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Pods;

/// <summary>
/// Whose the cgroups and processes of this node are. <see cref="Resolve"/> is for the one thread that reads events; all else
/// happens in <see cref="RunAsync"/> and in the watch of pods.
/// </summary>
public sealed partial class NodeAttribution : IWatchSink<Pod>, IDisposable
{
    // In case that inotify missed something: a scan of 1500 cgroups costs 50 ms or so.
    private static readonly TimeSpan ScanInterval = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan UnwatchedScanInterval = TimeSpan.FromSeconds(1);

    private readonly IdTable<PodIdentity> _answers = new();
    private readonly IdTable<Attributed> _processAnswers = new();
    private readonly MissRing _misses = new();
    private readonly AttributionOptions _options;
    private readonly ProcessCgroups _proc;
    private readonly CgroupFinder? _finder;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile bool _asksProcesses;
    private int _sweeps;

    // All below belongs to whoever holds the lock.
    private readonly Lock _gate = new();
    private readonly NodePods _pods = new();
    private readonly AttributedSet _cgroups;
    private readonly AttributedSet _processes;
    private readonly Queue<(ulong Id, long Since)> _unknown = new();
    private string? _noRoom;
    private long? _noRoomLogged;

    // Cgroups that wait for a scan; of RunAsync alone.
    private readonly HashSet<ulong> _wanted = [];

    /// <summary>Nothing is looked at before <see cref="Start"/>.</summary>
    /// <param name="options">Where to look.</param>
    /// <param name="inodeOf">The inode number of a path, null where there is nothing.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For what goes wrong.</param>
    public NodeAttribution(
        AttributionOptions options,
        Func<string, ulong?> inodeOf,
        TimeProvider time,
        ILogger<NodeAttribution> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _proc = new ProcessCgroups(options.ProcMount);
        _finder = options.CgroupMount is { } mount ? new CgroupFinder(new CgroupTree(mount, inodeOf), Wake) : null;
        _cgroups = new AttributedSet(
            AttributionKind.Cgroup, _pods, options.MaxCgroups, options.MaxCgroupsOfPod, options.MaxCgroupsOfOthers);
        _processes = new AttributedSet(
            AttributionKind.Process, _pods, options.MaxProcesses, options.MaxProcesses, options.MaxProcesses);
        _cgroups.Answer = cgroup => _answers.Set(cgroup.Id, cgroup.Identity);
        _cgroups.Forgotten = cgroup => _answers.Remove(cgroup.Id);
        _processes.Answer = process => _processAnswers.Set(process.Id, process);
        _processes.Forgotten = process => _processAnswers.Remove(process.Id);
        _asksProcesses = _finder is null;
    }

    /// <summary>
    /// Whose an event is. Takes no lock, allocates nothing, and never throws; nanoseconds where the answer is known. What is
    /// not known is looked for in the background, and this answers that it is unknown.
    /// </summary>
    /// <param name="cgroupId">As in the record.</param>
    /// <param name="pid">As in the record, of the host's pid namespace.</param>
    public PodIdentity Resolve(ulong cgroupId, uint pid)
    {
        var identity = _finder is null ? PodIdentity.Outside : _answers.Find(cgroupId);
        if (identity is null)
        {
            _misses.Add(cgroupId, 0);
            identity = PodIdentity.UnknownCgroup;
        }

        return identity.Attribution switch
        {
            AttributionKind.Outside when _asksProcesses => ResolveProcess(pid),
            // A cgroup that is not kept, or not yet: its process tells as well, unless it is in no pod.
            AttributionKind.UnknownCgroup when ResolveProcess(pid) is { PodName: not null } process => process,
            _ => identity,
        };
    }

    /// <summary>What is known and was done. Any thread.</summary>
    public AttributionStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                return new AttributionStatistics(
                    _cgroups.Count,
                    _cgroups.PodCount,
                    _processes.Count,
                    _finder?.Scans ?? 0,
                    _misses.Count,
                    _cgroups.Evicted + _processes.Evicted,
                    _finder?.WatchError,
                    _finder?.Watches ?? 0,
                    _noRoom);
            }
        }
    }

    /// <summary>Scans what is there, and watches for what comes. Call it once, before the reader thread starts.</summary>
    public void Start()
    {
        _finder?.StartWatching();
        ScanAll();
        if (_finder?.WatchError is { } problem)
        {
            AttributionLog.NotWatched(_logger, problem);
        }
    }

    /// <summary>Keeps the answers up to date until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var nextSweep = Now + (long)_options.SweepInterval.TotalMilliseconds;
        try
        {
            while (true)
            {
                var wait = Math.Max(1, Math.Min(nextSweep - Now, NextLook()));
                await _misses.WaitAsync(TimeSpan.FromMilliseconds(wait), IsIdle, cancellationToken);
                try
                {
                    Step(ref nextSweep);
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    AttributionLog.Failed(_logger, failure);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is not wanted any more.
        }
    }

    /// <summary>Watches no more. Stop <see cref="RunAsync"/> before.</summary>
    public void Dispose()
    {
        _finder?.Dispose();
        _misses.Dispose();
    }

    void IWatchSink<Pod>.Replace(IReadOnlyList<Pod> all)
    {
        lock (_gate)
        {
            _pods.Replace(all, Now);
            foreach (var pod in all)
            {
                Learn(pod);
            }
        }

        ChooseMode();
    }

    void IWatchSink<Pod>.Upsert(Pod item)
    {
        lock (_gate)
        {
            _pods.Upsert(item);
            Learn(item);
        }

        ChooseMode();
    }

    void IWatchSink<Pod>.Remove(Pod item)
    {
        lock (_gate)
        {
            _pods.Remove(item, Now);
        }
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Wake() => _misses.Wake();

    private bool IsIdle() => _finder is not { HasNews: true } && _asked.IsEmpty;

    private PodIdentity ResolveProcess(uint pid)
    {
        if (_processAnswers.Find(pid) is not { } process)
        {
            if (pid != 0)
            {
                _misses.Add(0, pid);
            }

            return PodIdentity.UnknownCgroup;
        }

        process.LastUsed = _sweeps;
        return process.Identity;
    }

    private void Learn(Pod pod)
    {
        var before = _cgroups.Base;
        _cgroups.Learn(pod);
        _processes.Learn(pod);
        if (_cgroups.Base != before)
        {
            // Where pods are is known now: they have their room, whatever had it before.
            _finder?.Lost();
        }
    }

    // 1. What inotify told. 2. What was asked for. 3. What was found lately. 4. What can be forgotten.
    private void Step(ref long nextSweep)
    {
        if (_finder is not null)
        {
            var any = false;
            foreach (var news in _finder.TakeNews())
            {
                any = true;
                if (news.IsNew)
                {
                    _finder.Tree.Scan(news.Path, Keep);
                }
                else
                {
                    lock (_gate)
                    {
                        _cgroups.Gone(news.Path, Now);
                    }
                }
            }

            if (any)
            {
                ChooseMode();
            }
        }

        TellRoom();
        TakeMisses();
        LookAgain();
        if (_finder is not null
            && (_finder.MustScan || _finder.ScanAge >= (_finder.WatchError is null ? ScanInterval : UnwatchedScanInterval)))
        {
            ScanAll();
        }

        if (_processes.Count > 0 || Now >= nextSweep)
        {
            Sweep();
        }

        if (Now >= nextSweep)
        {
            nextSweep = Now + (long)_options.SweepInterval.TotalMilliseconds;
        }
    }

    private void TakeMisses()
    {
        const int MostWanted = 4096;
        while (TryTakeMiss(out var cgroupId, out var pid))
        {
            if (pid != 0)
            {
                TakeProcess(pid, _asksProcesses);
            }
            else if (_wanted.Count < MostWanted)
            {
                _wanted.Add(cgroupId);
            }
        }

        if (_wanted.Count == 0 || !_finder!.MayScan(_options.MissInterval))
        {
            return;
        }

        ScanAll();
        lock (_gate)
        {
            foreach (var id in _wanted)
            {
                // It is gone already, or not below the mount. It is asked for again later.
                if (_answers.Find(id) is null)
                {
                    AddUnknown(id);
                }
            }
        }

        _wanted.Clear();
    }

    private void AddUnknown(ulong id)
    {
        const int MostUnknown = 4096;
        if (_unknown.Count == MostUnknown)
        {
            ForgetUnknown();
        }

        _answers.Set(id, PodIdentity.UnknownCgroup);
        _unknown.Enqueue((id, Now));
    }

    private void ForgetUnknown()
    {
        var (id, _) = _unknown.Dequeue();
        if (ReferenceEquals(_answers.Find(id), PodIdentity.UnknownCgroup))
        {
            _answers.Remove(id);
        }
    }

    private void TakeProcess(uint pid, bool isAnyPath)
    {
        // It was asked for again before it was found; or whose it would be cannot be known yet.
        if (!isAnyPath && (_processAnswers.Find(pid) is not null || _cgroups.Base is null))
        {
            return;
        }

        if (_proc.StartTime(pid) is not { } start || _proc.PodPath(pid) is not { } path)
        {
            return;
        }

        if (!isAnyPath)
        {
            lock (_gate)
            {
                // Where pods are is known by their cgroups: one that poses as a pod elsewhere is none.
                path = _cgroups.Locate(path.StartsWith(_options.CgroupMountRoot, StringComparison.Ordinal)
                    ? path[_options.CgroupMountRoot.Length..]
                    : path) ?? "";
            }
        }

        var process = new Attributed(pid, path) { StartTime = start, LastUsed = _sweeps };
        process.ContainerHint = process.Pods is [var pod, ..] ? _proc.ContainerName(pid, pod.PodUid) : null;
        lock (_gate)
        {
            _processes.Add(process, Now);
        }
    }

    private void ScanAll()
    {
        if (_finder is null)
        {
            return;
        }

        lock (_gate)
        {
            _cgroups.Refusal = null;
        }

        var found = _finder.ScanAll(Keep);
        lock (_gate)
        {
            _cgroups.KeepOnly(found.Select(cgroup => cgroup.Id).ToHashSet(), Now);
            _noRoom = _cgroups.Refusal;
        }

        TellRoom();
        ChooseMode();
    }

    // Asked for each folder before it is read: it is watched from before that.
    private bool Keep(Cgroup cgroup)
    {
        lock (_gate)
        {
            if (!_cgroups.Contains(cgroup.Id) && !_cgroups.Add(new Attributed(cgroup.Id, cgroup.Path), Now))
            {
                return false;
            }
        }

        _finder!.Watch(cgroup.Path);
        return true;
    }

    // A line for ten minutes at most: who makes the cgroups would fill the log.
    private void TellRoom()
    {
        lock (_gate)
        {
            _noRoom = _cgroups.Refusal ?? _noRoom;
            if (_noRoom is not null && !(Now - _noRoomLogged < 600_000))
            {
                _noRoomLogged = Now;
                AttributionLog.NoRoom(_logger, _noRoom);
            }
        }
    }

    /// <summary>
    /// Pods that have no cgroup in the v2 hierarchy are in v1 alone: then processes are asked. Of the pods that the API server
    /// told of, more than half have to have one: whoever may make folders there makes one for his own, or for no pod at all.
    /// </summary>
    private void ChooseMode()
    {
        bool asks;
        lock (_gate)
        {
            var running = _pods.Running.ToArray();
            asks = _finder is null || (running.Length > 0 && running.Count(_cgroups.HasPod) * 2 <= running.Length);
        }

        if (asks && !_asksProcesses)
        {
            AttributionLog.ByProcess(_logger);
            foreach (var folder in Directory.EnumerateDirectories(_options.ProcMount))
            {
                if (uint.TryParse(Path.GetFileName(folder), out var pid))
                {
                    TakeProcess(pid, isAnyPath: true);
                }
            }
        }

        _asksProcesses = asks;
    }

    /// <summary>How long until the next look at what was found lately, ms.</summary>
    private long NextLook()
    {
        lock (_gate)
        {
            // Processes are verified once a second.
            var limit = _wanted.Count > 0 ? (long)_options.MissInterval.TotalMilliseconds
                : _processes.Count > 0 || _finder?.WatchError is not null ? 1000
                : long.MaxValue;
            return Math.Min(limit, _cgroups.NextLook(Now));
        }
    }

    private void LookAgain()
    {
        Attributed[] due;
        lock (_gate)
        {
            due = _cgroups.TakeDue(Now);
        }

        foreach (var cgroup in due)
        {
            // Where it cannot be watched, it is found here.
            _finder!.Tree.Scan(cgroup.Path, Keep);
            var hint = cgroup.Pods is [.., var pod] && ProcessCgroups.FirstProcess(_finder.Tree.Root + cgroup.Path) is { } pid
                ? _proc.ContainerName(pid, pod.PodUid)
                : null;
            lock (_gate)
            {
                _cgroups.Looked(cgroup, hint, Now);
            }
        }
    }

    internal void Sweep()
    {
        var before = Now - (long)_options.Retention.TotalMilliseconds;
        VerifyProcesses();
        lock (_gate)
        {
            _sweeps++;
            _cgroups.Forget(before);
            _processes.Forget(before);
            _pods.Forget(before);
            while (_unknown.TryPeek(out var oldest) && oldest.Since < Now - 10_000)
            {
                ForgetUnknown();
            }
        }
    }

    private void VerifyProcesses()
    {
        Attributed[] processes;
        lock (_gate)
        {
            processes = _processes.ToArray();
        }

        foreach (var process in processes)
        {
            // Only who asks again needs the truth again; who does not is forgotten after a minute or so.
            var idle = _sweeps - process.LastUsed;
            if (idle is > 0 and < 60 || (idle == 0 && _proc.StartTime((uint)process.Id) == process.StartTime))
            {
                continue;
            }

            lock (_gate)
            {
                _processes.Drop(process);
            }
        }
    }
}
