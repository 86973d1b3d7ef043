namespace Monitor.Bpf.Btf;

/// <summary>A structure or union as the C compiler laid it out.</summary>
/// <param name="Name">Its name; empty for an unnamed one.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Fields">In the order of the source.</param>
public sealed record BtfStruct(string Name, int Size, IReadOnlyList<BtfField> Fields);
