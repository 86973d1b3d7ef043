namespace Monitor.Bpf.Schema;

/// <summary>Where a member lies in a record.</summary>
/// <param name="Offset">Its first bit.</param>
/// <param name="Size">Bits of a bit-field, 0 for other members.</param>
/// <param name="End">Bits of the record.</param>
internal readonly record struct BitRange(long Offset, int Size, long End);
