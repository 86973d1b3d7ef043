namespace Monitor.Bpf.Rings;

/// <summary>Sizes of the rings of one map.</summary>
public sealed class PerfRingSetOptions
{
    /// <summary>
    /// Bytes per CPU: a power of two and at least a memory page. Default 1 MiB: at 1.3 µs per event of 128 bytes (the
    /// fastest storm that was measured) a CPU fills it in 10 ms, the time between two drains.
    /// </summary>
    public int RingBytes { get; init; } = 1 << 20;

    /// <summary>
    /// A ring with that many bytes more than at the last wake-up wakes the reader; below, only the reader's own clock
    /// does. From 1 to <see cref="RingBytes"/> - 1. Default 256 KiB: a wake-up per event costs each event 10 µs, one per
    /// 256 KiB less than 0.3 µs.
    /// </summary>
    public int WakeupBytes { get; init; } = 256 << 10;

    internal void Validate()
    {
        if (RingBytes < Environment.SystemPageSize || !System.Numerics.BitOperations.IsPow2(RingBytes))
        {
            throw new ArgumentOutOfRangeException(
                nameof(RingBytes), RingBytes, $"must be a power of two, at least a page ({Environment.SystemPageSize})");
        }

        if (WakeupBytes < 1 || WakeupBytes >= RingBytes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(WakeupBytes), WakeupBytes, $"must be between 1 and {RingBytes - 1} (one less than the ring)");
        }
    }
}
