using Monitor.Bpf.Btf;

namespace Monitor.Bpf.Schema;

/// <summary>Reads a field that is no structure: a number, an enumeration, an array of these, or a type with a meaning.</summary>
internal sealed class LeafReader(BtfTypes types, SchemaFailure failure)
{
    // Values of a list; text and bytes may fill the record.
    private const int MaximumElements = 64;

    private const int MaximumConstants = 4096;

    /// <summary>What a member consists of, without its description.</summary>
    /// <exception cref="BpfException">It is of a type that is not shown, or does not lie in the record.</exception>
    internal RecordField Read(string name, uint typeId, BitRange place)
    {
        var chain = TypeChain.Follow(types, typeId);
        var isArray = chain.Type.Kind == BtfKind.Array && chain.Meaning is null;
        var count = isArray ? types.Word(chain.Type.Details + 8) : 1L;
        var element = isArray ? TypeChain.Follow(types, types.Word(chain.Type.Details)) : chain;
        var (kind, size) = Kind(name, element, isArray);
        var bits = place.Size != 0 ? place.Size : size * 8L * count;
        if (bits == 0 || bits > place.End - place.Offset || place.Size > size * 8)
        {
            throw failure.Because($"'{name}' has {bits} bits at bit {place.Offset}; the record has {place.End}");
        }

        if (place.Size != 0 && (isArray || kind is not (FieldKind.Signed or FieldKind.Unsigned or FieldKind.Boolean or FieldKind.Enum)))
        {
            throw failure.Because($"'{name}' is a bit-field of a type that cannot be one");
        }

        if (count > MaximumElements && kind is not (FieldKind.Text or FieldKind.Bytes))
        {
            throw failure.Because($"'{name}' has {count} elements; at most {MaximumElements} are shown, or any number of char and __u8");
        }

        var names = kind == FieldKind.Enum ? Names(name, element.Type, place.Size != 0 ? place.Size : size * 8) : null;
        return new RecordField(
            name, (int)place.Offset, place.Size, size, (int)count, kind, TypeName(name, chain, element, isArray ? $"[{count}]" : ""), "", names, false);
    }

    private (FieldKind Kind, int Size) Kind(string name, in TypeChain element, bool isArray)
    {
        var type = element.Type;
        if (element.Meaning is { } meaning)
        {
            return HasForm(type, meaning)
                ? (meaning.Kind, meaning.Size)
                : throw failure.Because($"'{name}' is of type {meaning.Name}, which must be {meaning.Requirement}");
        }

        switch (type.Kind)
        {
            case BtfKind.Int:
                return Number(name, type, isArray);
            case BtfKind.Enum or BtfKind.Enum64 when type.SizeOrType is 1 or 2 or 4 or 8:
                return (FieldKind.Enum, (int)type.SizeOrType);
            case BtfKind.Pointer:
                throw failure.Because(
                    $"'{name}' is a pointer, which means nothing outside of the kernel: copy what it points to, or use kernel_symbol_t");
            case BtfKind.Float:
                throw failure.Because($"'{name}' is a floating-point number, which BPF programs do not have");
            case BtfKind.Union:
                throw failure.Because($"'{name}' is a union, of which nobody knows what is in it: use a field for each");
            case BtfKind.Struct:
                throw failure.Because($"'{name}' is an array of structures: use an array for each of their fields");
            case BtfKind.Array:
                throw failure.Because($"'{name}' is an array of arrays: use one of one dimension");
            default:
                throw failure.Because($"'{name}' is of a type that has no value ({type.Kind})");
        }
    }

    private (FieldKind Kind, int Size) Number(string name, in BtfType type, bool isArray)
    {
        var size = (int)type.SizeOrType;
        var encoding = types.Word(type.Details);
        if (type.SizeOrType is not (1 or 2 or 4 or 8) || (encoding & 0xFF0000) != 0 || (encoding & 0xFF) > size * 8
            || ((encoding & 0xFF) < size * 8 && !IsBoolean(encoding)))
        {
            throw failure.Because($"'{name}' is a number of {type.SizeOrType} bytes; 1, 2, 4 and 8 are shown");
        }

        if (IsBoolean(encoding))
        {
            return (FieldKind.Boolean, size);
        }

        if (isArray && size == 1)
        {
            // The encoding does not tell char from signed char.
            var isText = types.Text(type.NameOffset, SchemaFailure.MaximumNameBytes) == "char";
            if (isText || !IsSigned(encoding))
            {
                return (isText ? FieldKind.Text : FieldKind.Bytes, 1);
            }
        }

        return (IsSigned(encoding) ? FieldKind.Signed : FieldKind.Unsigned, size);
    }

    private bool HasForm(in BtfType type, TypeMeaning meaning) => meaning.Kind == FieldKind.Ip
        ? type.Kind is BtfKind.Struct or BtfKind.Array && types.SizeOf((uint)type.Id) == meaning.Size
        : type.Kind == BtfKind.Int
            && type.SizeOrType == meaning.Size
            && types.Word(type.Details) is var encoding
            && (encoding & 0xFF) == meaning.Size * 8
            && IsSigned(encoding) == meaning.IsSigned;

    // Word of an integer: bits in 0 to 7, their place in 16 to 23, and in 24 to 27 whether it is signed (1), bool (4).
    private static bool IsSigned(uint encoding) => (encoding >> 24 & 1) != 0;

    private static bool IsBoolean(uint encoding) => (encoding >> 24 & 4) != 0;

    private Dictionary<long, string> Names(string name, in BtfType type, int bits)
    {
        if (type.Count > MaximumConstants)
        {
            throw failure.Because($"'{name}' is of an enumeration with {type.Count} names; at most {MaximumConstants} are read");
        }

        var names = new Dictionary<long, string>(type.Count);
        var mask = bits >= 64 ? ~0UL : (1UL << bits) - 1;
        var stride = type.Kind == BtfKind.Enum64 ? 12 : 8;
        for (var i = 0; i < type.Count; i++)
        {
            var at = type.Details + (i * stride);
            var value = stride == 12
                ? types.Word(at + 4) | (ulong)types.Word(at + 8) << 32
                : (ulong)(int)types.Word(at + 4);
            names.TryAdd((long)(value & mask), failure.Identifier(types, types.Word(at), $"a constant of '{name}'"));
        }

        return names;
    }

    private string TypeName(string name, in TypeChain chain, in TypeChain element, string suffix)
    {
        if (chain.OutermostTypedef != 0)
        {
            return failure.Identifier(types, chain.OutermostTypedef, $"the type of '{name}'");
        }

        var single = element.OutermostTypedef != 0
            ? failure.Identifier(types, element.OutermostTypedef, $"the type of '{name}'")
            : BaseName(name, element.Type);
        return single + suffix;
    }

    private string BaseName(string name, in BtfType type)
    {
        if (type.Kind is BtfKind.Enum or BtfKind.Enum64)
        {
            return type.NameOffset == 0 ? "enum" : $"enum {failure.Identifier(types, type.NameOffset, $"the type of '{name}'")}";
        }

        // "unsigned int" and the like have blanks.
        var text = types.Text(type.NameOffset, SchemaFailure.MaximumNameBytes);
        return text is { Length: > 0 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ' ')
            ? text
            : throw failure.Because($"the type of '{name}' has a name that is none in C");
    }
}
