namespace Monitor.Bpf.Btf;

/// <summary>The fixed part of a type (struct btf_type), decoded.</summary>
/// <param name="Id">Its number; 0 is void.</param>
/// <param name="Offset">Where it is in the data.</param>
/// <param name="NameOffset">Where its name is in the strings; 0 for none.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Count">Number of members, values, parameters or variables that follow.</param>
/// <param name="KindFlag">For structures: members say bit-field sizes; for enumerations: values are signed.</param>
/// <param name="SizeOrType">Bytes, or the number of the type that it refers to, by kind.</param>
internal readonly record struct BtfType(
    int Id, int Offset, uint NameOffset, BtfKind Kind, int Count, bool KindFlag, uint SizeOrType)
{
    internal const int HeaderSize = 12;

    /// <summary>Start of what follows the fixed part.</summary>
    internal int Details => Offset + HeaderSize;

    /// <summary>Bytes of what follows the fixed part, or -1 for a kind that nobody knows.</summary>
    internal int DetailsSize => Kind switch
    {
        BtfKind.Int or BtfKind.Variable or BtfKind.DeclarationTag => 4,
        BtfKind.Array => 12,
        BtfKind.Struct or BtfKind.Union or BtfKind.DataSection or BtfKind.Enum64 => Count * 12,
        BtfKind.Enum or BtfKind.FunctionPrototype => Count * 8,
        BtfKind.Pointer or BtfKind.Forward or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict
            or BtfKind.Function or BtfKind.Float or BtfKind.TypeTag => 0,
        _ => -1,
    };

    /// <summary>Whether it only refers to another type without changing its layout.</summary>
    internal bool IsAlias =>
        Kind is BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag;
}
