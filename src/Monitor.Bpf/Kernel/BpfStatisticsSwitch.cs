namespace Monitor.Bpf.Kernel;

/// <summary>The kernel's switch for counting the runs of BPF programs (two readings of the clock for each).</summary>
public static class BpfStatisticsSwitch
{
    private const string Path = "/proc/sys/kernel/bpf_stats_enabled";

    /// <summary>sysctl kernel.bpf_stats_enabled; false where it cannot be read or does not exist (before 5.1).</summary>
    public static bool IsEnabled
    {
        get
        {
            try
            {
                return File.ReadAllText(Path).Trim() != "0";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }
}
