using System.Globalization;

namespace Monitor.Bpf.Rings;

/// <summary>Lists of CPUs as the kernel writes them: "0-3,8,10-11".</summary>
internal static class CpuList
{
    /// <summary>Where the kernel lists the CPUs that are online.</summary>
    internal const string OnlineFile = "/sys/devices/system/cpu/online";

    /// <summary>Those that are online now, ascending, at least one.</summary>
    internal static int[] Online() => Parse(File.ReadAllText(OnlineFile));

    /// <summary>Those that the kernel may ever have, ascending.</summary>
    internal static int[] Possible() => Parse(File.ReadAllText("/sys/devices/system/cpu/possible"));

    /// <exception cref="FormatException">The text is not such a list.</exception>
    internal static int[] Parse(string text)
    {
        var cpus = new List<int>();
        foreach (var range in text.Trim().Split(','))
        {
            var ends = range.Split('-');
            var first = int.Parse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture);
            var last = int.Parse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture);
            for (var cpu = first; cpu <= last; cpu++)
            {
                cpus.Add(cpu);
            }
        }

        return [.. cpus];
    }
}
