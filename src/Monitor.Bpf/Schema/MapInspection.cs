namespace Monitor.Bpf.Schema;

/// <summary>A map of an object that was inspected.</summary>
/// <param name="Name">Its name in C.</param>
/// <param name="Type">The kernel's type.</param>
/// <param name="KeySize">Bytes of a key.</param>
/// <param name="ValueSize">Bytes of a value, of one CPU.</param>
/// <param name="MaxEntries">Capacity; of a ring buffer its bytes; 0 for a perf event array that has room for every CPU.</param>
/// <param name="Bytes">
/// Kernel memory that it can come to, as far as it can be told before: what the kernel adds is left out, the maps in a map of maps
/// are counted as if it were full, and of local storage (of sockets, files, tasks and cgroups), which has no bound, there is nothing.
/// </param>
/// <param name="Metric">The metric that it is, or null.</param>
public sealed record MapInspection(
    string Name, BpfMapType Type, uint KeySize, uint ValueSize, uint MaxEntries, long Bytes, MetricMap? Metric);
