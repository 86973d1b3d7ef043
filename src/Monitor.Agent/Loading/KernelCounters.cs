using System.Runtime.InteropServices;

namespace Monitor.Agent.Loading;

/// <summary>struct counters of bpf/include/monitor.h, field by field; checked when an object is loaded.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelCounters
{
    public ulong Produced;
    public ulong Filtered;
    public ulong RateLimited;
    public ulong Lost;
    public ulong PendingAdded;
    public ulong PendingRemoved;

    /// <summary>Attempts whose outcome is open. Never negative: the two are read one after the other.</summary>
    public readonly ulong Pending => PendingAdded > PendingRemoved ? PendingAdded - PendingRemoved : 0;

    public void Add(in KernelCounters other)
    {
        Produced += other.Produced;
        Filtered += other.Filtered;
        RateLimited += other.RateLimited;
        Lost += other.Lost;
        PendingAdded += other.PendingAdded;
        PendingRemoved += other.PendingRemoved;
    }
}
