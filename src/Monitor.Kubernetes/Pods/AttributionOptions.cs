namespace Monitor.Kubernetes.Pods;

/// <summary>Where attribution looks, and its limits.</summary>
public sealed record AttributionOptions
{
    /// <summary>Where the hierarchy of cgroup v2 is mounted, seen from its root. Null where it is not: then processes are
    /// asked.</summary>
    public required string? CgroupMount { get; init; }

    /// <summary>What is mounted there: how the paths of /proc begin. "" where it is the root.</summary>
    public string CgroupMountRoot { get; init; } = "";

    /// <summary>Where proc is mounted, of the host's pid namespace.</summary>
    public string ProcMount { get; init; } = "/proc";

    /// <summary>How long containers, pods and processes stay known after their end.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Cgroups that are kept; a node of 250 pods with systemd has about 2000. One costs about 400 bytes.</summary>
    public int MaxCgroups { get; init; } = 50_000;

    /// <summary>Those of them that are kept of one pod, and watched: a pod may make as many as it likes below its own. What is
    /// beyond is attributed by process.</summary>
    public int MaxCgroupsOfPod { get; init; } = 256;

    /// <summary>Those of them that are kept of what is in no pod: 110 pods have room for all of theirs beside these.</summary>
    public int MaxCgroupsOfOthers => MaxCgroups * 2 / 5;

    /// <summary>Processes that are kept, where pods are in cgroup v1 only.</summary>
    public int MaxProcesses { get; init; } = 20_000;

    /// <summary>Shortest time between two scans for the sake of unknown cgroups.</summary>
    public TimeSpan MissInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Between two looks at what can be forgotten.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(30);
}
