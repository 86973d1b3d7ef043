using System.Text;

namespace Monitor.Bpf.Kernel;

/// <summary>A line of /proc/self/mountinfo (proc_pid_mountinfo(5)).</summary>
/// <param name="Root">What of the file system is mounted.</param>
/// <param name="MountPoint">Where.</param>
/// <param name="FileSystem">Its type.</param>
/// <param name="IsReadOnly">Whether nobody can write through this mount.</param>
internal readonly record struct MountInfo(string Root, string MountPoint, string FileSystem, bool IsReadOnly)
{
    private const string ReadOnly = "ro";

    /// <summary>The lines that have the format; others are skipped.</summary>
    internal static IEnumerable<MountInfo> Parse(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            // 36 35 98:0 /root /mount/point rw,noatime [optional fields] - ext3 /dev/root rw
            var fields = line.Split(' ');
            var separator = Array.IndexOf(fields, "-");
            if (separator >= 6 && separator + 1 < fields.Length)
            {
                // The options of the mount, and behind the source those of the whole file system.
                var isReadOnly = Has(fields[5], ReadOnly) || (separator + 3 < fields.Length && Has(fields[separator + 3], ReadOnly));
                yield return new MountInfo(Unescape(fields[3]), Unescape(fields[4]), fields[separator + 1], isReadOnly);
            }
        }
    }

    private static bool Has(string options, string option) => options.Split(',').Contains(option, StringComparer.Ordinal);

    // Space, tab, newline and backslash are written as \ and three octal digits.
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
        {
            return field;
        }

        var text = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length && field.AsSpan(i + 1, 3).ContainsAnyExceptInRange('0', '7') is false)
            {
                text.Append((char)(((field[i + 1] - '0') * 64) + ((field[i + 2] - '0') * 8) + (field[i + 3] - '0')));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }

        return text.ToString();
    }
}
