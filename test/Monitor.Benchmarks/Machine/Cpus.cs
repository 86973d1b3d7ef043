namespace Monitor.Benchmarks.Machine;

/// <summary>
/// Who runs where: what makes the kernel work on one CPU, what consumes the events on the other, as on a machine that
/// has a core to spare for its monitor.
/// </summary>
internal static class Cpus
{
    public const int Storm = 0;
    public const int Consumer = 1;

    // USER_HZ: /proc counts in hundredths of a second on every architecture that .NET runs on.
    private const long MillisecondsPerTick = 10;

    /// <summary>Time since boot in which a CPU was not idle, as far as this machine was given it.</summary>
    public static TimeSpan BusyTime(int cpu)
    {
        // "cpu1 user nice system idle iowait irq softirq steal guest guest_nice"
        var fields = File.ReadLines("/proc/stat").First(line => line.StartsWith($"cpu{cpu} ", StringComparison.Ordinal))
            .Split(' ').Skip(1).Select(long.Parse).ToArray();
        return TimeSpan.FromMilliseconds((fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) * MillisecondsPerTick);
    }
}
