using Monitor.Bpf;
using Monitor.Bpf.Kernel;

namespace Monitor.Agent.Loading;

/// <summary>Reads the counters of one monitor. Any thread.</summary>
internal sealed class KernelCounterMap(BpfMap map)
{
    /// <summary>The sum over all CPUs.</summary>
    public KernelCounters Read()
    {
        Span<KernelCounters> perCpu = BpfFeatures.PossibleCpus <= 64
            ? stackalloc KernelCounters[BpfFeatures.PossibleCpus]
            : new KernelCounters[BpfFeatures.PossibleCpus];
        var sum = default(KernelCounters);
        if (map.TryLookupPerCpu(0u, perCpu))
        {
            foreach (ref readonly var counters in perCpu)
            {
                sum.Add(counters);
            }
        }

        return sum;
    }
}
