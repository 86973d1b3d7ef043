using Microsoft.Win32.SafeHandles;
using Monitor.Agent.Loading;
using Monitor.Bpf.Kernel;
using Monitor.Sandbox.Files;

namespace Monitor.Agent.Custom;

/// <summary>
/// Only what nobody but root can change is loaded into the kernel: whoever writes a program there is as good as root.
/// </summary>
internal static class FolderTrust
{
    private const int MaxLinks = 8;

    /// <summary>Why others than root could change what is in a folder; null where they cannot.</summary>
    /// <param name="folder">An absolute path.</param>
    public static string? ProblemOf(string folder) => ProblemOf(folder, MaxLinks);

    private static string? ProblemOf(string folder, int links)
    {
        for (var path = folder; path is not null; path = Path.GetDirectoryName(path))
        {
            if (FileOwner.Of(path) is not { } owner)
            {
                return $"{path} cannot be looked at";
            }

            // In a folder such as /tmp others can write, but not replace what is root's.
            if (!owner.IsRootOnly && !(path != folder && owner.IsSticky) && !(path == folder && owner.IsOfRoot && IsMountedReadOnly(folder)))
            {
                return $"others than root can change {path}: {Remedy(path)}";
            }

            // A link is as good as what leads to where it leads.
            if (LinkTarget(path) is { } target && (links == 0 ? $"{path} is a link of too many links" : ProblemOf(target, links - 1)) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    /// <summary>Refuses an open file that others than root can change, or that is none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path, for the message.</param>
    /// <exception cref="MonitorLoadException">It is refused.</exception>
    public static void Check(SafeFileHandle file, string path)
    {
        if (FileOwner.Of(file) is not { } owner || !owner.IsRegularFile)
        {
            throw new MonitorLoadException($"{path} is no regular file");
        }

        if (!owner.IsRootOnly)
        {
            throw new MonitorLoadException($"others than root can change {path}: {Remedy(path)}");
        }
    }

    // The kubelet makes the folder of a ConfigMap with mode 0777, which means nothing where it is mounted read-only. Only of a
    // mount that was made for this folder: with systemd's ProtectSystem= a service sees all folders read-only, and others see
    // them as they are. Whoever mounts it answers for who writes to it elsewhere; what they could put there is limited to
    // files of root that others cannot change, as Check() says of each.
    private static bool IsMountedReadOnly(string folder)
    {
        try
        {
            return MountPoint.IsReadOnly(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? LinkTarget(string path)
    {
        try
        {
            return Directory.ResolveLinkTarget(path, returnFinalTarget: false)?.FullName;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Remedy(string path) => $"chown root {path} && chmod go-w {path}";
}
