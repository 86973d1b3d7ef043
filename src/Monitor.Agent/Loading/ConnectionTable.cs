using Monitor.Bpf;
using Monitor.Bpf.Kernel;

namespace Monitor.Agent.Loading;

/// <summary>What the monitors of TCP keep of connections (bpf/include/tcp_connections.h). Any thread.</summary>
/// <param name="entries">One for each connection, the oldest of which make room when it is full.</param>
/// <param name="counts">How many the programs put in and took out.</param>
internal sealed class ConnectionTable(BpfMap entries, BpfMap counts) : IDisposable
{
    /// <summary>Name of the map of entries.</summary>
    public const string EntriesName = "connections";

    /// <summary>Name of the map of counts.</summary>
    public const string CountsName = "entry_counts";

    // Each CPU keeps at most so many free entries for itself while others have to make room already (LOCAL_FREE_TARGET of
    // kernel/bpf/bpf_lru_list.c).
    private const ulong FreePerCpu = 128;

    // To count the entries of a full map takes 20 ms, and the programs are asked for each second.
    private const long IntervalMilliseconds = 10_000;

    private readonly Lock _counting = new();
    private ulong _evicted;
    private long _countAt;

    /// <summary>One for each connection.</summary>
    public BpfMap Entries => entries;

    /// <summary>How many the programs put in and took out.</summary>
    public BpfMap Counts => counts;

    /// <summary>
    /// How many entries made room for newer ones. As it was within the last 10 seconds; exact while nothing changes, and never
    /// too many.
    /// </summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public ulong Evicted
    {
        get
        {
            lock (_counting)
            {
                if (Environment.TickCount64 >= _countAt)
                {
                    _evicted = Math.Max(_evicted, CountEvicted());
                    _countAt = Environment.TickCount64 + IntervalMilliseconds;
                }

                return _evicted;
            }
        }
    }

    /// <summary>Counts now what <see cref="Evicted"/> says.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public ulong CountEvicted()
    {
        var added = Read().Added;
        if (added + (FreePerCpu * (ulong)BpfFeatures.PossibleCpus) - Read().Removed <= entries.MaxEntries)
        {
            return 0;
        }

        // In this order: what comes or goes meanwhile counts as one that is there.
        var present = (ulong)entries.Count();
        var gone = Read().Removed + present;
        return added > gone ? added - gone : 0;
    }

    /// <summary>Closes both maps.</summary>
    public void Dispose()
    {
        entries.Close();
        counts.Close();
    }

    private EntryCounts Read()
    {
        var perCpu = new EntryCounts[BpfFeatures.PossibleCpus];
        var sum = default(EntryCounts);
        if (counts.TryLookupPerCpu(0u, perCpu.AsSpan()))
        {
            foreach (ref readonly var cpu in perCpu.AsSpan())
            {
                sum.Added += cpu.Added;
                sum.Removed += cpu.Removed;
            }
        }

        return sum;
    }
}
