namespace Monitor.Bpf.Btf;

#pragma warning disable CA1720 // The names are those of the format.
/// <summary>Kinds of BTF types, numbered as in linux/btf.h.</summary>
public enum BtfKind
{
    /// <summary>void.</summary>
    Void = 0,

    /// <summary>Integer, character or boolean.</summary>
    Int = 1,

    /// <summary>Pointer.</summary>
    Pointer = 2,

    /// <summary>Array of fixed length.</summary>
    Array = 3,

    /// <summary>Structure.</summary>
    Struct = 4,

    /// <summary>Union.</summary>
    Union = 5,

    /// <summary>Enumeration of at most 32 bits.</summary>
    Enum = 6,

    /// <summary>Structure or union that is only declared.</summary>
    Forward = 7,

    /// <summary>Another name for a type.</summary>
    Typedef = 8,

    /// <summary>Qualifier.</summary>
    Volatile = 9,

    /// <summary>Qualifier.</summary>
    Const = 10,

    /// <summary>Qualifier.</summary>
    Restrict = 11,

    /// <summary>Function.</summary>
    Function = 12,

    /// <summary>Signature of a function.</summary>
    FunctionPrototype = 13,

    /// <summary>Global variable.</summary>
    Variable = 14,

    /// <summary>ELF section with variables.</summary>
    DataSection = 15,

    /// <summary>Floating-point number.</summary>
    Float = 16,

    /// <summary>Attribute of a declaration.</summary>
    DeclarationTag = 17,

    /// <summary>Attribute of a type.</summary>
    TypeTag = 18,

    /// <summary>Enumeration of 64 bits.</summary>
    Enum64 = 19,
}
