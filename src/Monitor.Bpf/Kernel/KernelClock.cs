using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Kernel;

/// <summary>The kernel's clocks in nanoseconds (clock_gettime(2)).</summary>
public static class KernelClock
{
    // A reading may be interrupted. The tightest of five: 10 000 such offsets lay within 25 ns of each other while the
    // machine was busy with seven times as many threads as CPUs.
    private const int Readings = 5;

    /// <summary>Since boot, suspension included (CLOCK_BOOTTIME, bpf_ktime_get_boot_ns).</summary>
    public static long BootNanoseconds => Read(Libc.CLOCK_BOOTTIME);

    /// <summary>Since boot, suspension left out (CLOCK_MONOTONIC, bpf_ktime_get_ns).</summary>
    public static long MonotonicNanoseconds => Read(Libc.CLOCK_MONOTONIC);

    /// <summary>What to add to a boot time for wall-clock time. Changes when somebody sets the clock.</summary>
    public static long RealMinusBoot()
    {
        var best = 0L;
        var tightest = long.MaxValue;
        for (var i = 0; i < Readings; i++)
        {
            var before = BootNanoseconds;
            var real = Read(Libc.CLOCK_REALTIME);
            var after = BootNanoseconds;
            if (after - before < tightest)
            {
                tightest = after - before;
                best = real - (before + (tightest / 2));
            }
        }

        return best;
    }

    private static unsafe long Read(int clock)
    {
        Libc.Timespec time;
        if (Libc.clock_gettime(clock, &time) != 0)
        {
            throw BpfException.FromLastError("reading", $"clock {clock}");
        }

        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }
}
