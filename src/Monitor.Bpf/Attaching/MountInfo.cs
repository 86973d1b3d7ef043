using System.Text;

namespace Monitor.Bpf.Attaching;

/// <summary>A line of /proc/self/mountinfo (proc_pid_mountinfo(5)).</summary>
internal readonly record struct MountInfo(string Root, string MountPoint, string FileSystem)
{
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
                yield return new MountInfo(Unescape(fields[3]), Unescape(fields[4]), fields[separator + 1]);
            }
        }
    }

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
