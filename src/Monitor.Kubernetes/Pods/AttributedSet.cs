using Monitor.Kubernetes.Cgroups;

namespace Monitor.Kubernetes.Pods;

/// <summary>
/// Cgroups, or processes, and which pod each belongs to as far as pods are known. Bounded: what is gone longest makes room,
/// and where nothing is gone, what is new is not taken. Of cgroups, each pod has a share, and what is in no pod has one
/// together, since a pod, or a user, may make as many as it likes below its own. Not thread-safe.
/// </summary>
/// <param name="kind">Cgroup or Process.</param>
/// <param name="pods">The pods that are known.</param>
/// <param name="most">The limit.</param>
/// <param name="mostOfPod">Of one pod.</param>
/// <param name="mostOfOthers">Of all that is not in a pod of this cluster, as far as that is known.</param>
internal sealed class AttributedSet(AttributionKind kind, NodePods pods, int most, int mostOfPod, int mostOfOthers)
{
    // When to look at a new cgroup again, ms after it was found: a runtime fills it within some tens of milliseconds, and
    // mounts what names the container before it starts the container's program.
    private static readonly int[] LookDelays = [5, 20, 50, 100, 200, 500, 1000, 3000];

    private const int LooksAtAPod = 4;

    private readonly Dictionary<ulong, Attributed> _byId = [];
    private readonly Dictionary<string, Attributed> _byPath = [];
    private readonly Dictionary<Guid, List<Attributed>> _byPod = [];
    private readonly PriorityQueue<Attributed, long> _looks = new();
    private readonly Dictionary<(string Base, Guid Uid), Share> _shares = [];

    // What is in no pod of this cluster; before any is known, all.
    private readonly Share _others = new();

    // Where in the tree the pods of this cluster are; null before one was found.
    private string? _base;

    /// <summary>Where in the tree the pods of this cluster are; null before one was found.</summary>
    public string? Base => _base;

    /// <summary>What was not taken for want of room, and why; null where all was, since it was last set to null.</summary>
    public string? Refusal { get; set; }

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

    /// <summary>Whether a pod has a cgroup where the pods of this cluster have theirs.</summary>
    public bool HasPod(Guid uid) => _base is { } at && _shares.ContainsKey((at, uid));

    public bool Contains(ulong id) => _byId.ContainsKey(id);

    public Attributed[] ToArray() => [.. _byId.Values];

    /// <summary>Takes one in, in the place of another of the same id.</summary>
    /// <returns>False where there is no room.</returns>
    public bool Add(Attributed item, long now)
    {
        if (_byId.TryGetValue(item.Id, out var old))
        {
            Drop(old);
        }

        if (!MakeRoom(item))
        {
            return false;
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
        CountIn(item);
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

        return true;
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

    /// <summary>
    /// The folder of a pod of this cluster that a path of /proc leads through, the deepest that is known; null where there is
    /// none, whatever the path poses as. Seen from another cgroup namespace, a path begins with /.. and ends as the folder's.
    /// </summary>
    public string? Locate(string path)
    {
        var pods = CgroupPath.Parse(path);
        var seen = path;
        while (seen.StartsWith("/../", StringComparison.Ordinal))
        {
            seen = seen[3..];
        }

        foreach (var pod in pods)
        {
            var items = _byPod.GetValueOrDefault(pod.PodUid) ?? [];
            var deepest = items
                .Where(item => PodOf(item) is { } own && !IsOther(own) && own.Uid == pod.PodUid)
                .Where(item => seen.Length == path.Length
                    ? IsBelow(seen, item.Path)
                    : IsBelowEndOf(seen, item.Path))
                .MaxBy(item => item.Path.Length);
            if (deepest is not null)
            {
                return deepest.Path;
            }
        }

        return null;
    }

    private static bool IsBelow(ReadOnlySpan<char> path, ReadOnlySpan<char> folder) =>
        path.StartsWith(folder) && (path.Length == folder.Length || path[folder.Length] == '/');

    // Whether the path begins as the folder ends.
    private static bool IsBelowEndOf(ReadOnlySpan<char> path, ReadOnlySpan<char> folder)
    {
        for (var end = folder; end.LastIndexOf('/') >= 0;)
        {
            end = end[..end.LastIndexOf('/')];
            if (IsBelow(path, folder[end.Length..]))
            {
                return true;
            }
        }

        return false;
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
        foreach (var share in _shares.Values.Append(_others).ToArray())
        {
            while (Oldest(share) is { } item && item.GoneSince < before)
            {
                Drop(item);
            }
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
        CountOut(item);
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

    private bool MakeRoom(Attributed item)
    {
        var pod = PodOf(item);
        var share = pod is { } uid ? _shares.GetValueOrDefault(uid) : null;
        var isOther = IsOther(pod);
        if (share?.Count >= mostOfPod && !DropOldest(isOther ? [] : [share]))
        {
            Refusal = $"a pod has more than {mostOfPod} cgroups: {Describe(pod!.Value.Uid)}";
            return false;
        }

        if (isOther && _others.Count >= mostOfOthers && !DropOldest([_others]))
        {
            Refusal = $"there are more than {mostOfOthers} cgroups outside of pods that are known, the last at {Shorten(item.Path)}";
            return false;
        }

        if (_byId.Count >= most && !DropOldest(_shares.Values.Append(_others)))
        {
            Refusal = $"there are more than {most} cgroups or processes";
            return false;
        }

        return true;
    }

    private string Describe(Guid uid) => pods.TryGet(uid, out var pod) ? $"{pod.Namespace}/{pod.Name}" : uid.ToString();

    // Who made it named it, and this is logged.
    private static string Shorten(string path) =>
        new([.. path.Take(100).Select(letter => letter is > ' ' and < '\x7f' ? letter : '?')]);

    private bool DropOldest(IEnumerable<Share> shares)
    {
        Evicted++;
        if (shares.Select(Oldest).Where(item => item is not null).MinBy(item => item!.GoneSince) is not { } oldest)
        {
            return false;
        }

        Drop(oldest);
        return true;
    }

    // What is gone longest of a share.
    private Attributed? Oldest(Share share)
    {
        while (share.Gone.TryPeek(out var item))
        {
            if (_byId.TryGetValue(item.Id, out var known) && known == item)
            {
                return item;
            }

            // Another of the same id took its place, or it was dropped.
            share.Gone.Dequeue();
        }

        return null;
    }

    /// <summary>The pod whose share one is of: of this cluster, and before that is known the outermost of its path.</summary>
    private (string Base, Guid Uid)? PodOf(Attributed item)
    {
        foreach (var pod in item.Pods)
        {
            if (kind == AttributionKind.Cgroup && (_base is null || pod.Base == _base))
            {
                return (pod.Base, pod.PodUid);
            }
        }

        return null;
    }

    // Whoever may make folders names them as he likes, but not where the pods of this cluster are.
    private bool IsOther((string Base, Guid Uid)? pod) => pod is null || _base is null;

    private void CountIn(Attributed item)
    {
        var pod = PodOf(item);
        if (pod is { } uid)
        {
            if (!_shares.TryGetValue(uid, out var share))
            {
                _shares[uid] = share = new Share();
            }

            share.Count++;
        }

        _others.Count += IsOther(pod) ? 1 : 0;
    }

    private void CountOut(Attributed item)
    {
        var pod = PodOf(item);
        if (pod is { } uid && _shares.TryGetValue(uid, out var share) && --share.Count == 0)
        {
            _shares.Remove(uid);
        }

        _others.Count -= IsOther(pod) ? 1 : 0;
    }

    private void CountAnew()
    {
        _shares.Clear();
        _others.Count = 0;
        _others.Gone.Clear();
        foreach (var item in _byId.Values)
        {
            CountIn(item);
        }

        foreach (var item in _byId.Values.Where(item => item.GoneSince is not null).OrderBy(item => item.GoneSince))
        {
            GoneOf(item).Enqueue(item);
        }
    }

    private Queue<Attributed> GoneOf(Attributed item) =>
        PodOf(item) is { } pod && !IsOther(pod) ? _shares[pod].Gone : _others.Gone;

    private void MarkGone(Attributed item, long now)
    {
        if (item.GoneSince is null)
        {
            item.GoneSince = now;
            GoneOf(item).Enqueue(item);
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
                CountAnew();
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

    private sealed class Share
    {
        public int Count { get; set; }

        public Queue<Attributed> Gone { get; } = new();
    }
}
