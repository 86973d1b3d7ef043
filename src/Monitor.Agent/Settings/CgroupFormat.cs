using System.Diagnostics.CodeAnalysis;
using Monitor.Agent.Loading;
using Monitor.Bpf.Attaching;
using Monitor.Bpf.Kernel;
using Monitor.Server.Settings;

namespace Monitor.Agent.Settings;

/// <summary>A cgroup (v2) by its folder.</summary>
internal sealed class CgroupFormat : ValueFormat<CgroupReference>
{
    public override string ValueName => "CGROUP";

    public override string Expected => "the folder of a cgroup below the cgroup2 mount of the whole machine, such as /sys/fs/cgroup/system.slice";

    public override bool TryParse(string text, [MaybeNullWhen(false)] out CgroupReference value)
    {
        value = null;
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal) || CgroupMount.Find() is not { } mount
            // How deep a cgroup is cannot be known from a branch.
            || !mount.IsHierarchyRoot)
        {
            return false;
        }

        // A slash at the end would count as a level.
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(
            text.StartsWith(mount.Path, StringComparison.Ordinal) ? text : Path.Join(mount.Path, text.TrimStart('/'))));
        var below = Path.GetRelativePath(mount.Path, path);
        if (below.StartsWith("..", StringComparison.Ordinal) || !Directory.Exists(path) || Inode.Of(path) is not { } inode)
        {
            return false;
        }

        value = new CgroupReference(inode, below == "." ? 0u : (uint)below.Split('/').Length);
        return true;
    }
}
