namespace Monitor.Bpf.Rings;

/// <summary>The perf event whose ring is that of one CPU.</summary>
/// <param name="Cpu">Number of the CPU.</param>
/// <param name="Descriptor">The event's file descriptor.</param>
public readonly record struct PerfEvent(int Cpu, int Descriptor);
