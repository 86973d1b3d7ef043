namespace Monitor.Agent.Encoding;

/// <summary>Whose names these are: of a pod, or of a process outside of pods. Of nobody where all is 0.</summary>
internal readonly record struct NameScope(ulong High, ulong Low)
{
    // Beside it there is no process id.
    private const ulong PodMark = ulong.MaxValue;

    /// <summary>A pod, by the hashes of its name and its namespace.</summary>
    public static NameScope OfPod(uint name, uint inNamespace) => new((ulong)name << 32 | inNamespace, PodMark);

    /// <summary>A process; the cgroup tells it from another that has its id later.</summary>
    public static NameScope OfProcess(ulong cgroupId, uint pid) => new(cgroupId, pid);

    /// <summary>Whether it is of somebody.</summary>
    public bool IsKnown => Low != 0;
}
