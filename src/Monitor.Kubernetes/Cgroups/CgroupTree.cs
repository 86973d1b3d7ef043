namespace Monitor.Kubernetes.Cgroups;

/// <summary>The folders of a cgroup hierarchy, read from its mount.</summary>
/// <param name="root">The mount, or a folder below it.</param>
/// <param name="inodeOf">The inode number of a path, null where there is nothing.</param>
internal sealed class CgroupTree(string root, Func<string, ulong?> inodeOf)
{
    // Nothing makes trees deeper than this but to annoy: cgroup.max.depth is unlimited.
    private const int MaxDepth = 32;

    /// <summary>The mount, without a slash at its end.</summary>
    public string Root { get; } = root.TrimEnd('/');

    /// <summary>The folder and all below it, at most as many as given; what vanishes meanwhile is left out.</summary>
    /// <param name="path">From the root of the tree, "" or "/kubepods".</param>
    /// <param name="most">The limit.</param>
    public IReadOnlyList<Cgroup> Scan(string path, int most)
    {
        var found = new List<Cgroup>();
        var waiting = new Queue<(string Path, int Depth)>([(path, 0)]);
        while (found.Count < most && waiting.TryDequeue(out var next))
        {
            if (inodeOf(Root + next.Path + "/") is not { } id)
            {
                continue;
            }

            found.Add(new Cgroup(id, next.Path));
            if (next.Depth == MaxDepth)
            {
                continue;
            }

            try
            {
                foreach (var folder in Directory.EnumerateDirectories(Root + next.Path + "/"))
                {
                    // A name that is not UTF-8 comes with replacement characters, by which nothing can be opened.
                    waiting.Enqueue(($"{next.Path}/{Path.GetFileName(folder)}", next.Depth + 1));
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It was removed meanwhile, or it is not for us.
            }
        }

        return found;
    }

    /// <summary>The path in the tree of a path in the file system.</summary>
    public string Relative(string fullPath) =>
        fullPath.StartsWith(Root, StringComparison.Ordinal) ? fullPath[Root.Length..].TrimEnd('/') : "";
}
