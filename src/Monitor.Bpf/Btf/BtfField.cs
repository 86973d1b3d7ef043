namespace Monitor.Bpf.Btf;

/// <summary>A member of a structure, with members of unnamed structures and unions taken as its own.</summary>
/// <param name="Name">Its name.</param>
/// <param name="BitOffset">From the beginning of the outermost structure.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Kind">Its kind behind names and qualifiers.</param>
/// <param name="IsSigned">For integers and enumerations.</param>
/// <param name="BitFieldSize">Bits of a bit-field, 0 for other members.</param>
/// <param name="ElementSize">For arrays, bytes of an element (of the innermost, for several dimensions); else <paramref name="Size"/>.</param>
/// <param name="Alternative">
/// 0 for a member that is always there; otherwise the number of the unnamed union that it is one alternative of.
/// </param>
/// <param name="Struct">For structures and unions, and arrays of them, what they consist of; otherwise null.</param>
public sealed record BtfField(
    string Name,
    int BitOffset,
    int Size,
    BtfKind Kind,
    bool IsSigned,
    int BitFieldSize,
    int ElementSize,
    int Alternative,
    BtfStruct? Struct);
