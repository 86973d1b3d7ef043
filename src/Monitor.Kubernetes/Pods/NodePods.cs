using System.Diagnostics.CodeAnalysis;

namespace Monitor.Kubernetes.Pods;

/// <summary>
/// The pods of a node by what their cgroups call them, and for a while those that are gone. Not thread-safe.
/// </summary>
internal sealed class NodePods
{
    private readonly Dictionary<Guid, Entry> _pods = [];

    /// <summary>Pods, gone ones included.</summary>
    public int Count => _pods.Count;

    /// <summary>What the cgroups of those are called that run containers.</summary>
    public IEnumerable<Guid> Running => _pods.Where(pod =>
            pod.Value is { GoneSince: null, Pod: { IsOver: false, Containers: var containers } }
            && Array.Exists(containers, container => !container.Id.IsNone))
        .Select(pod => pod.Key);

    /// <summary>Looks a pod up.</summary>
    public bool TryGet(Guid cgroupUid, [NotNullWhen(true)] out Pod? pod)
    {
        pod = _pods.GetValueOrDefault(cgroupUid)?.Pod;
        return pod is not null;
    }

    /// <summary>Takes a pod in, or what is new of it.</summary>
    public void Upsert(Pod pod)
    {
        if (!IsOthers(pod))
        {
            _pods[pod.CgroupUid] = new Entry(pod);
        }

        if (pod.CgroupUid != pod.Uid && _pods.TryGetValue(pod.Uid, out var before) && before.Pod.Uid == pod.Uid)
        {
            // It was not known yet which static pod it mirrors.
            _pods.Remove(pod.Uid);
        }
    }

    /// <summary>A pod is gone.</summary>
    public void Remove(Pod pod, long now)
    {
        // A pod that never was listed is of no interest: its cgroup is as gone as it.
        if (_pods.TryGetValue(pod.CgroupUid, out var entry) && !IsOthers(pod))
        {
            entry.GoneSince ??= now;
        }
    }

    /// <summary>These are the pods; those that are missing are gone.</summary>
    public void Replace(IReadOnlyList<Pod> pods, long now)
    {
        var present = pods.Select(pod => pod.CgroupUid).ToHashSet();
        foreach (var pod in pods)
        {
            Upsert(pod);
        }

        foreach (var (uid, entry) in _pods)
        {
            if (!present.Contains(uid))
            {
                entry.GoneSince ??= now;
            }
        }
    }

    /// <summary>Forgets the pods that are gone since before a moment.</summary>
    public void Forget(long before)
    {
        foreach (var (uid, entry) in _pods)
        {
            if (entry.GoneSince < before)
            {
                _pods.Remove(uid);
            }
        }
    }

    // A pod's own uid is its own, whatever a mirror is said to stand for.
    private bool IsOthers(Pod pod) =>
        pod.CgroupUid != pod.Uid && _pods.TryGetValue(pod.CgroupUid, out var known) && known.Pod.Uid == pod.CgroupUid;

    private sealed class Entry(Pod pod)
    {
        public Pod Pod { get; } = pod;

        public long? GoneSince { get; set; }
    }
}
