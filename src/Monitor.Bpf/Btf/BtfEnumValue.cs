namespace Monitor.Bpf.Btf;

/// <summary>A constant of an enumeration.</summary>
/// <param name="Name">Its name in C.</param>
/// <param name="Value">Its value; that of an unsigned 64-bit enumeration is reinterpreted.</param>
public readonly record struct BtfEnumValue(string Name, long Value);
