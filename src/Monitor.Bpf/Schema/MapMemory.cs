using Monitor.Bpf.Kernel;

namespace Monitor.Bpf.Schema;

/// <summary>How much memory a map can come to.</summary>
internal static class MapMemory
{
    /// <summary>Bytes; no more than a long holds, whatever the object says.</summary>
    internal static long Estimate(BpfMap map)
    {
        UInt128 entries = map.MaxEntries;
        var bytes = map.Type switch
        {
            BpfMapType.Ringbuf or BpfMapType.UserRingbuf => entries,
            BpfMapType.Arena => entries * (UInt128)Environment.SystemPageSize,
            _ => entries * (Rounded((uint)map.KeySize) + (Rounded((uint)map.ValueSize) * Copies(map)) + InEach(map)),
        };
        return bytes > long.MaxValue ? long.MaxValue : (long)bytes;
    }

    // The kernel aligns keys and values so.
    private static UInt128 Rounded(uint bytes) => (bytes + (UInt128)7) / 8 * 8;

    // Maps of maps are one deep.
    private static UInt128 InEach(BpfMap map) => map.Inner is { } inner ? (UInt128)Estimate(inner) : 0;

    private static UInt128 Copies(BpfMap map) => map.IsPerCpu ? (UInt128)BpfFeatures.PossibleCpus : 1;
}
