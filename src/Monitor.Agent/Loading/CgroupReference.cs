namespace Monitor.Agent.Loading;

/// <summary>A cgroup as the programs know it.</summary>
/// <param name="Id">Inode number of its folder.</param>
/// <param name="Level">Its depth below the root of the hierarchy, which has 0.</param>
internal sealed record CgroupReference(ulong Id, uint Level);
