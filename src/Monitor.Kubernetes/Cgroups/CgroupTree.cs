namespace Monitor.Kubernetes.Cgroups;

/// <summary>The folders of a cgroup hierarchy, read from its mount.</summary>
/// <param name="root">The mount, or a folder below it.</param>
/// <param name="inodeOf">The inode number of a path, null where there is nothing.</param>
internal sealed class CgroupTree(string root, Func<string, ulong?> inodeOf)
{
    // Nothing makes trees deeper than this but to annoy: cgroup.max.depth is unlimited.
    private const int MaxDepth = 32;

    // A container in a node that is a container itself has a path of some 400 characters.
    private const int MaxPath = 1024;

    // Of the folders in one: it is full of what is not wanted, and reading on would take as long as somebody likes.
    private const int MaxRefused = 1000;

    /// <summary>The mount, without a slash at its end.</summary>
    public string Root { get; } = root.TrimEnd('/');

    /// <summary>
    /// The folder and what is below it, what is nearer to it first; what vanishes meanwhile is left out, and so is all below a
    /// folder that is not kept.
    /// </summary>
    /// <param name="path">From the root of the tree, "" or "/kubepods".</param>
    /// <param name="keep">Whether a folder is wanted; asked before it is read.</param>
    public IReadOnlyList<Cgroup> Scan(string path, Func<Cgroup, bool> keep)
    {
        var found = new List<Cgroup>();
        var waiting = new Queue<(string Path, int Depth)>();
        TryAdd(path, 0);
        while (waiting.TryDequeue(out var next))
        {
            var refused = 0;
            try
            {
                foreach (var folder in Directory.EnumerateDirectories(Root + next.Path + "/"))
                {
                    // A name that is not UTF-8 comes with replacement characters, by which nothing can be opened.
                    if (!TryAdd($"{next.Path}/{Path.GetFileName(folder)}", next.Depth + 1) && ++refused == MaxRefused)
                    {
                        break;
                    }
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It was removed meanwhile, or it is not for us.
            }
        }

        return found;

        bool TryAdd(string folder, int depth)
        {
            if (folder.Length > MaxPath || inodeOf(Root + folder + "/") is not { } id || !keep(new Cgroup(id, folder)))
            {
                return false;
            }

            found.Add(new Cgroup(id, folder));
            if (depth < MaxDepth)
            {
                waiting.Enqueue((folder, depth));
            }

            return true;
        }
    }

    /// <summary>The path in the tree of a path in the file system.</summary>
    public string Relative(string fullPath) =>
        fullPath.StartsWith(Root, StringComparison.Ordinal) ? fullPath[Root.Length..].TrimEnd('/') : "";
}
