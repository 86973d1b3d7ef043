using Monitor.Bpf.Kernel;

namespace Monitor.Agent.Reading;

/// <summary>
/// Turns the kernel's boot time into wall-clock time. The offset is measured again every second, so that steps of the
/// clock are followed. Any thread.
/// </summary>
internal sealed class WallClock
{
    private long _offset = KernelClock.RealMinusBoot();

    /// <summary>Measures the offset.</summary>
    public void Measure() => Volatile.Write(ref _offset, KernelClock.RealMinusBoot());

    /// <param name="bootNanos">CLOCK_BOOTTIME, ns.</param>
    /// <returns>Nanoseconds since 1970.</returns>
    public long ToUnixNanos(ulong bootNanos) => (long)bootNanos + Volatile.Read(ref _offset);
}
