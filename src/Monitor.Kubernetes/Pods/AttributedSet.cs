namespace Monitor.Kubernetes.Pods;

/// <summary>
/// Cgroups, or processes, and which pod each belongs to as far as pods are known. Bounded: what is gone longest makes room,
/// and where nothing is gone, what is new is not taken. Not thread-safe.
/// </summary>
internal sealed class AttributedSet(AttributionKind kind, NodePods pods, int most)
{
    // When to look at a new cgroup again, ms after it was found: a runtime fills it within some tens of milliseconds, and
    // mounts what names the container before it starts the container's program.
    private static readonly int[] LookDelays = [5, 20, 50, 100, 200, 500, 1000, 3000];

    private const int LooksAtAPod = 4;

    private readonly Dictionary<ulong, Attributed> _byId = [];
    private readonly Dictionary<string, Attributed> _byPath = [];
    private readonly Dictionary<Guid, List<Attributed>> _byPod = [];
    private readonly PriorityQueue<Attributed, long> _looks = new();
    private readonly Queue<Attributed> _gone = new();

    // Where in the tree the pods of this cluster are; null before one was found.
    private string? _base;

    /// <summary>Called where the answer for one is new.</summary>
    public Action<Attributed> Answer { get; set; } = static _ => { };

    /// <summary>Called where one is not known any more.</summary>
    public Action<Attributed> Forgotten { get; set; } = static _ => { };

    /// <summary>All that are known.</summary>
    public int Count => _byId.Count;

    /// <summary>Those in pods.</summary>
    public int PodCount { get; private set; }

    /// <summary>Those that were forgotten early, or not taken.</summary>
    public long Evicted { get; private set; }

    public bool Contains(ulong id) => _byId.ContainsKey(id);

    public Attributed[] ToArray() => [.. _byId.Values];

    /// <summary>Takes one in, in the place of another of the same id.</summary>
    public void Add(Attributed item, long now)
    {
        if (_byId.TryGetValue(item.Id, out var old))
        {
            Drop(old);
        }

        if (_byId.Count >= most)
        {
            Evicted++;
            if (!DropOldestGone())
            {
                return;
            }
        }

        if (kind == AttributionKind.Cgroup)
        {
            // An old one of this path is gone, since its id is another.
            if (_byPath.TryGetValue(item.Path, out var before))
            {
                MarkGone(before, now);
            }

            _byPath[item.Path] = item;
        }

        _byId[item.Id] = item;
        PodCount += item.Pods.Length > 0 ? 1 : 0;
        foreach (var pod in item.Pods)
        {
            if (!_byPod.TryGetValue(pod.PodUid, out var items))
            {
                _byPod[pod.PodUid] = items = [];
            }

            items.Add(item);
        }

        if (item.Pods.Length > 0 && kind == AttributionKind.Cgroup)
        {
            _looks.Enqueue(item, now + LookDelays[0]);
        }

        if (!LearnBase(item))
        {
            Identify(item, isNew: true);
        }
    }

    /// <summary>A pod is new, or something of it.</summary>
    public void Learn(Pod pod)
    {
        if (!_byPod.TryGetValue(pod.CgroupUid, out var items))
        {
            return;
        }

        foreach (var item in items)
        {
            if (!LearnBase(item))
            {
                Identify(item);
            }
        }
    }

    /// <summary>The folder of a path was removed.</summary>
    public void Gone(string path, long now)
    {
        if (_byPath.TryGetValue(path, out var item))
        {
            MarkGone(item, now);
        }
    }

    /// <summary>These are there; the others are gone.</summary>
    public void KeepOnly(HashSet<ulong> present, long now)
    {
        foreach (var item in _byId.Values)
        {
            if (item.GoneSince is null && !present.Contains(item.Id))
            {
                MarkGone(item, now);
            }
        }
    }

    /// <summary>Forgets what is gone since before a moment.</summary>
    public void Forget(long before)
    {
        while (_gone.TryPeek(out var item) && item.GoneSince < before)
        {
            _gone.Dequeue();
            Drop(item);
        }
    }

    /// <summary>How long until one is to be looked at again, ms.</summary>
    public long NextLook(long now) => _looks.TryPeek(out _, out var due) ? Math.Max(0, due - now) : long.MaxValue;

    /// <summary>Those that are to be looked at now; <see cref="Looked"/> follows for each.</summary>
    public Attributed[] TakeDue(long now)
    {
        List<Attributed>? taken = null;
        while (_looks.TryPeek(out var item, out var due) && due <= now)
        {
            _looks.Dequeue();
            if (item.GoneSince is null)
            {
                (taken ??= []).Add(item);
            }
        }

        return taken?.ToArray() ?? [];
    }

    /// <summary>One was looked at.</summary>
    /// <param name="item">It.</param>
    /// <param name="hint">The container's name as its process has it; null where that does not show yet.</param>
    /// <param name="now">When.</param>
    public void Looked(Attributed item, string? hint, long now)
    {
        item.Looks++;
        if (hint is not null)
        {
            item.ContainerHint = hint;
            Identify(item);
        }
        else if (item.Looks < LookDelays.Length && IsWorthALook(item))
        {
            _looks.Enqueue(item, now + LookDelays[item.Looks] - LookDelays[item.Looks - 1]);
        }
    }

    // A pod's own folder, for the folders in it; a container's, for its name.
    private static bool IsWorthALook(Attributed item) =>
        item.Pods[^1].Container.IsNone ? item.Looks < LooksAtAPod : item.Identity.ContainerName is null;

    /// <summary>Forgets one.</summary>
    public void Drop(Attributed item)
    {
        if (!_byId.TryGetValue(item.Id, out var known) || known != item)
        {
            return;
        }

        _byId.Remove(item.Id);
        PodCount -= item.Pods.Length > 0 ? 1 : 0;
        if (_byPath.TryGetValue(item.Path, out known) && known == item)
        {
            _byPath.Remove(item.Path);
        }

        foreach (var pod in item.Pods)
        {
            if (_byPod.TryGetValue(pod.PodUid, out var items) && items.Remove(item) && items.Count == 0)
            {
                _byPod.Remove(pod.PodUid);
            }
        }

        Forgotten(item);
    }

    private bool DropOldestGone()
    {
        while (_gone.TryDequeue(out var item))
        {
            // Another of the same id may have taken its place.
            if (_byId.TryGetValue(item.Id, out var known) && known == item)
            {
                Drop(item);
                return true;
            }
        }

        return false;
    }

    private void MarkGone(Attributed item, long now)
    {
        if (item.GoneSince is null)
        {
            item.GoneSince = now;
            _gone.Enqueue(item);
        }
    }

    /// <summary>
    /// Where a pod that is known is found nearer to the root than any before, there is this cluster: folders that look like
    /// pods elsewhere are of a cluster within a pod, or somebody's who may make folders.
    /// </summary>
    /// <returns>Whether all were identified anew.</returns>
    private bool LearnBase(Attributed item)
    {
        foreach (var pod in item.Pods)
        {
            if (pods.TryGet(pod.PodUid, out _) && (_base is null || Depth(pod.Base) < Depth(_base)))
            {
                _base = pod.Base;
                foreach (var other in _byId.Values)
                {
                    Identify(other, isNew: true);
                }

                return true;
            }
        }

        return false;
    }

    private static int Depth(string path) => path.AsSpan().Count('/');

    private void Identify(Attributed item, bool isNew = false)
    {
        var before = item.Identity;
        item.Identity = Find(item);
        if (isNew || !ReferenceEquals(before, item.Identity))
        {
            Answer(item);
        }
    }

    private PodIdentity Find(Attributed item)
    {
        if (item.Pods.Length == 0)
        {
            return PodIdentity.Outside;
        }

        foreach (var candidate in item.Pods)
        {
            if (candidate.Base == _base)
            {
                if (!pods.TryGet(candidate.PodUid, out var pod))
                {
                    return item.Identity.PodName is null ? PodIdentity.UnknownPod : item.Identity;
                }

                var container = pod.ContainerName(candidate.Container, item.ContainerHint);
                return item.Identity.IsSameAs(kind, pod, container) ? item.Identity : new PodIdentity(kind, pod, container);
            }
        }

        // No pod of this cluster, though it may be one of a cluster within: before any is known, that cannot be told.
        return _base is null ? PodIdentity.UnknownPod : PodIdentity.Outside;
    }
}
