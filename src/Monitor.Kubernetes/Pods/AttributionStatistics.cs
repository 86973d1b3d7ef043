namespace Monitor.Kubernetes.Pods;

/// <summary>What attribution knows and has done, for health and metrics.</summary>
/// <param name="Cgroups">Cgroups that are known, those of containers that ended lately included.</param>
/// <param name="PodCgroups">Those of them that are of pods.</param>
/// <param name="Processes">Processes that are known, where pods are in cgroup v1 only.</param>
/// <param name="Scans">Scans of the whole tree.</param>
/// <param name="Misses">Cgroups and processes that were asked for before they were known.</param>
/// <param name="Evicted">Cgroups and processes that were forgotten early, for lack of room.</param>
/// <param name="WatchError">Why new cgroups are found by scanning once a second instead of at once; null where they are
/// not.</param>
/// <param name="Watches">Folders that are watched for new cgroups.</param>
/// <param name="NoRoom">What is not taken for want of room, and why; null where all is.</param>
public sealed record AttributionStatistics(
    int Cgroups,
    int PodCgroups,
    int Processes,
    long Scans,
    long Misses,
    long Evicted,
    string? WatchError,
    int Watches,
    string? NoRoom);
