using System.Globalization;
using System.Text;

namespace Monitor.Kubernetes.Cgroups;

/// <summary>
/// What /proc says of a process. Every answer is null where the process is gone or may not be looked at. Lines end at \n and
/// nowhere else: \r and the like, at which EnumerateLines splits too, may be in the names of cgroups and folders.
/// </summary>
/// <param name="procPath">Where proc is mounted, of a pid namespace in which the pids are those of the records.</param>
internal sealed class ProcessCgroups(string procPath)
{
    // Far above what the kernel writes into these files of a process: a mount table has some hundred lines.
    private const int MaxBytes = 1 << 20;

    /// <summary>
    /// The cgroup path that leads to a pod, of whichever hierarchy: v2 first, then the v1 hierarchies in the order of the
    /// file. "" where none does.
    /// </summary>
    public string? PodPath(uint pid) => Read(pid, "cgroup") is { } text ? PodPath(text) : null;

    /// <summary>The same, of the file's text.</summary>
    internal static string PodPath(string cgroupFile)
    {
        var found = "";
        foreach (var range in cgroupFile.AsSpan().Split('\n'))
        {
            var line = cgroupFile.AsSpan(range);
            // 0::/path or 4:memory:/path; a path may contain colons.
            var first = line.IndexOf(':');
            var second = first < 0 ? -1 : line[(first + 1)..].IndexOf(':');
            if (second < 0)
            {
                continue;
            }

            var path = line[(first + second + 2)..].ToString();
            if (CgroupPath.Parse(path).Length > 0)
            {
                if (line.StartsWith("0:"))
                {
                    return path;
                }

                found = found.Length == 0 ? path : found;
            }
        }

        return found;
    }

    /// <summary>When the process started, in clock ticks since boot: with the pid, it names a process for good.</summary>
    public ulong? StartTime(uint pid)
    {
        // Field 22; the command, field 2, is in brackets and may contain anything.
        if (Read(pid, "stat") is not { } text || text.LastIndexOf(") ", StringComparison.Ordinal) is not (>= 0 and var command))
        {
            return null;
        }

        var fields = text.AsSpan(command + 2).Trim();
        var number = 3;
        foreach (var range in fields.Split(' '))
        {
            if (number++ == 22)
            {
                return ulong.TryParse(fields[range], CultureInfo.InvariantCulture, out var start) ? start : null;
            }
        }

        return null;
    }

    /// <summary>
    /// The container's name by the mount of its termination log, for which the kubelet makes
    /// /var/lib/kubelet/pods/UID/containers/NAME/HASH.
    /// </summary>
    public string? ContainerName(uint pid, Guid podUid) =>
        Read(pid, "mountinfo") is { } text ? ContainerName(text, podUid) : null;

    /// <summary>The same, of the file's text.</summary>
    internal static string? ContainerName(string mountInfo, Guid podUid)
    {
        foreach (var range in mountInfo.AsSpan().Split('\n'))
        {
            var line = mountInfo.AsSpan(range);
            // id parent device root mount-point ...
            var fields = line.Split(' ');
            for (var i = 0; i < 4; i++)
            {
                if (!fields.MoveNext())
                {
                    break;
                }
            }

            if (fields.Current.End.Value <= line.Length
                && ReadContainerName(line[fields.Current], podUid) is { } name)
            {
                return name;
            }
        }

        return null;
    }

    private static string? ReadContainerName(ReadOnlySpan<char> root, Guid podUid)
    {
        const string Containers = "/containers/";
        var pods = root.LastIndexOf("/pods/");
        if (pods < 0)
        {
            return null;
        }

        var rest = root[(pods + "/pods/".Length)..];
        var end = rest.IndexOf('/');
        if (end < 0 || !Guid.TryParse(rest[..end], out var uid) || uid != podUid || !rest[end..].StartsWith(Containers))
        {
            return null;
        }

        rest = rest[(end + Containers.Length)..];
        end = rest.IndexOf('/');
        return end is > 0 and <= 63 && rest[(end + 1)..].IndexOf('/') < 0 ? rest[..end].ToString() : null;
    }

    /// <summary>A process of a cgroup, the first in its list.</summary>
    public static uint? FirstProcess(string cgroupFolder)
    {
        try
        {
            using var reader = new StreamReader(Path.Combine(cgroupFolder, "cgroup.procs"));
            return uint.TryParse(reader.ReadLine(), CultureInfo.InvariantCulture, out var pid) && pid != 0 ? pid : null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string? Read(uint pid, string file)
    {
        try
        {
            using var stream = new FileStream(
                string.Create(CultureInfo.InvariantCulture, $"{procPath}/{pid}/{file}"),
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete,
                bufferSize: 0);
            var buffer = new byte[4096];
            var length = 0;
            for (int count; (count = stream.Read(buffer, length, buffer.Length - length)) > 0;)
            {
                length += count;
                if (length == MaxBytes)
                {
                    break;
                }

                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }
            }

            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
