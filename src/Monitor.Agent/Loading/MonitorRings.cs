using Monitor.Bpf;
using Monitor.Bpf.Kernel;
using Monitor.Bpf.Rings;

namespace Monitor.Agent.Loading;

/// <summary>How large the rings of a monitor are.</summary>
internal static class MonitorRings
{
    // The least and the most for one CPU. 4 MiB hold 30 840 connection events: 44 ms of a storm of 700 000 per second on one
    // CPU, and 15 ms of one of two million. The reader drains every 10 ms.
    private const int MinRingBytes = 256 << 10, MaxRingBytes = 4 << 20;

    // The least that is tried where the kernel refuses more.
    private const int LeastRingBytes = 64 << 10;

    /// <summary>Opens them, as large as the budget and the kernel allow.</summary>
    /// <param name="map">The map that leads to them.</param>
    /// <param name="budgetBytes">For all CPUs together.</param>
    /// <param name="notes">Gets what is less than it could be.</param>
    public static PerfRingSet Open(BpfMap map, int budgetBytes, List<string> notes)
    {
        // Without CAP_IPC_LOCK, perf_mmap() allows all rings together kernel.perf_event_mlock_kb (516) for each CPU and
        // RLIMIT_MEMLOCK beyond: small rings are better than none.
        var wanted = Bytes(budgetBytes, BpfFeatures.PossibleCpus);
        for (var bytes = wanted; ; bytes /= 2)
        {
            try
            {
                var rings = Open(map, bytes);
                if (bytes == wanted)
                {
                    return rings;
                }

                if (bytes > LeastRingBytes)
                {
                    // Half of it: the next monitor needs some as well.
                    rings.Dispose();
                    rings = Open(map, bytes / 2);
                }

                notes.Add(
                    $"rings of {rings.RingBytes >> 10} KiB instead of {wanted >> 10} KiB for each CPU, because CAP_IPC_LOCK " +
                    "is missing: more is lost in a storm");
                return rings;
            }
            catch (BpfException failure) when (failure.ErrnoName == "EPERM" && bytes > LeastRingBytes)
            {
            }
        }
    }

    private static PerfRingSet Open(BpfMap map, int bytes) => PerfRingSet.Open(map, Options(bytes));

    /// <summary>How the rings are opened.</summary>
    public static PerfRingSetOptions Options(int bytes) => new() { RingBytes = bytes, WakeupBytes = bytes / 4 };

    /// <summary>Bytes of one CPU's ring, so that all of them stay within a budget on machines with many CPUs.</summary>
    public static int Bytes(int budgetBytes, int cpus) =>
        Math.Clamp((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(budgetBytes / cpus + 1)) / 2, MinRingBytes, MaxRingBytes);
}
