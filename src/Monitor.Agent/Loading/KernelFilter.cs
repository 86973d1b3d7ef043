namespace Monitor.Agent.Loading;

/// <summary>What the programs leave out in the kernel; the same for all monitors.</summary>
internal sealed class KernelFilter
{
    /// <summary>Inode number of the network namespace that is watched. Null: every one.</summary>
    public uint? NetworkNamespace { get; init; }

    /// <summary>The cgroup (v2) whose subtree is watched. Null: every one.</summary>
    public CgroupReference? Cgroup { get; init; }

    /// <summary>Processes that are left out, by id in the initial pid namespace. At most 1024.</summary>
    public IReadOnlyList<uint> ExcludedPids { get; init; } = [];

    /// <summary>Destination ports that are left out. At most 1024.</summary>
    public IReadOnlyList<ushort> ExcludedPorts { get; init; } = [];

    /// <summary>Whether the agent's own events are left out.</summary>
    public bool ExcludeSelf { get; init; } = true;
}
