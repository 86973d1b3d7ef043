namespace Monitor.Bpf.Rings;

/// <summary>One record of a drain, valid until the next step.</summary>
public readonly ref struct PerfRecord
{
    /// <summary>What it is.</summary>
    public PerfRecordKind Kind { get; internal init; }

    /// <summary>Index, in the reader's order, of the set that it comes from.</summary>
    public int SetIndex { get; internal init; }

    /// <summary>The CPU that wrote it.</summary>
    public int Cpu { get; internal init; }

    /// <summary>
    /// For samples: the bytes that the program wrote, followed by up to seven bytes of padding without meaning (the kernel
    /// rounds the record up). Points into the ring itself where the record does not wrap: copy what is to be kept. It is
    /// aligned to 4 bytes only. Empty for other kinds.
    /// </summary>
    public ReadOnlySpan<byte> Payload { get; internal init; }

    /// <summary>For <see cref="PerfRecordKind.Lost"/>: how many samples; else 0.</summary>
    public ulong LostCount { get; internal init; }

    /// <summary>For <see cref="PerfRecordKind.Corrupt"/>: how many bytes were skipped; else 0.</summary>
    public ulong CorruptBytes { get; internal init; }

    /// <summary>
    /// For samples: the first eight bytes of the payload (0 in a shorter one). For others: that of the ring's next sample
    /// if it is known, else of its last one. The unit is the program's, usually nanoseconds since boot.
    /// </summary>
    public ulong Timestamp { get; internal init; }

    /// <summary>
    /// That of the ring's sample before this record, also if it came with an earlier drain; 0 for the first. A loss
    /// happened between this and <see cref="Timestamp"/>.
    /// </summary>
    public ulong PreviousTimestamp { get; internal init; }
}
