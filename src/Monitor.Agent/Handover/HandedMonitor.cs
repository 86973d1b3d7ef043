namespace Monitor.Agent.Handover;

/// <summary>A monitor whose programs are in the kernel, in a <see cref="HandoverDescription"/>. Descriptors by number.</summary>
internal sealed record HandedMonitor
{
    public required string Name { get; init; }

    public required int Counters { get; init; }

    public required int Reading { get; init; }

    public required int Events { get; init; }

    public required IReadOnlyList<HandedRing> Rings { get; init; }

    public required int RingBytes { get; init; }

    /// <summary>Of its programs and maps.</summary>
    public required long KernelMemoryBytes { get; init; }

    /// <summary>As in <see cref="Monitors.MonitorDefinition.Hooks"/>, all of them in that order.</summary>
    public required IReadOnlyList<HandedHook> Hooks { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>See <see cref="Monitors.MonitorDefinition.KernelNames"/>.</summary>
    public required IReadOnlyDictionary<uint, string> KernelNames { get; init; }
}

/// <summary>The ring of a CPU.</summary>
/// <param name="Cpu">Its number.</param>
/// <param name="Descriptor">Its perf event.</param>
internal sealed record HandedRing(int Cpu, int Descriptor);

/// <summary>A hook, attached or not.</summary>
/// <param name="Program">Name of its program.</param>
/// <param name="Type">Kind of the program.</param>
/// <param name="Error">Why it is not attached, or null.</param>
/// <param name="Loaded">The loaded program; null where there is none.</param>
/// <param name="Link">The attachment; null where there is none.</param>
internal sealed record HandedHook(string Program, string Type, string? Error, int? Loaded, int? Link);
