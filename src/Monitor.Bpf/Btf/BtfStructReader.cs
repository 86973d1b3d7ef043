namespace Monitor.Bpf.Btf;

/// <summary>Reads a structure with everything inside it.</summary>
internal sealed class BtfStructReader
{
    // Structures within structures, unnamed ones included; a structure that claims to contain itself must end.
    private const int MaximumDepth = 16;

    private readonly BtfTypes _types;
    private int _alternatives;

    private BtfStructReader(BtfTypes types) => _types = types;

    /// <summary>The structure of that name, or one that a typedef of that name stands for; null if it does not exist.</summary>
    internal static BtfStruct? Find(BtfTypes types, string name)
    {
        var type = types.Find(BtfKind.Struct, name);
        if (type is null && types.Find(BtfKind.Typedef, name) is { } alias)
        {
            var target = types.Resolve(alias.SizeOrType);
            type = target.Kind == BtfKind.Struct ? target : null;
        }

        return type is { } found ? new BtfStructReader(types).Read(found, 0) : null;
    }

    /// <summary>Whether a structure has a member of that name, in unnamed members too.</summary>
    private BtfStruct Read(in BtfType type, int depth)
    {
        var fields = new List<BtfField>();
        AddMembers(fields, type, baseBits: 0, alternative: 0, depth);
        return new BtfStruct(_types.Name(type), _types.SizeOf((uint)type.Id), fields);
    }

    private void AddMembers(List<BtfField> fields, in BtfType type, int baseBits, int alternative, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw BtfTypes.Unsound(_types.Name(type), $"structures are nested deeper than {MaximumDepth}");
        }

        for (var i = 0; i < type.Count; i++)
        {
            var at = type.Details + (i * 12);
            var name = _types.Name(_types.Word(at));
            var memberType = _types.Word(at + 4);
            var place = _types.Word(at + 8);
            var bitFieldSize = type.KindFlag ? (int)(place >> 24) : 0;
            var bits = baseBits + (int)(type.KindFlag ? place & 0xFFFFFF : place & 0x7FFFFFFF);
            var resolved = _types.Resolve(memberType);
            if (name.Length == 0 && resolved.Kind is BtfKind.Struct or BtfKind.Union)
            {
                var inner = alternative != 0 || resolved.Kind == BtfKind.Struct ? alternative : ++_alternatives;
                AddMembers(fields, resolved, bits, inner, depth + 1);
                continue;
            }

            fields.Add(Field(name, memberType, resolved, bits, bitFieldSize, alternative, depth));
        }
    }

    private BtfField Field(
        string name, uint typeId, in BtfType resolved, int bits, int bitFieldSize, int alternative, int depth)
    {
        var element = resolved;
        for (var i = 0; element.Kind == BtfKind.Array && i < MaximumDepth; i++)
        {
            element = _types.Resolve(_types.Word(element.Details));
        }

        // Word 0 of an integer: encoding in bits 24 to 27, of which the lowest says signed.
        var signed = element.Kind switch
        {
            BtfKind.Int => (_types.Word(element.Details) >> 24 & 1) != 0,
            BtfKind.Enum or BtfKind.Enum64 => element.KindFlag,
            _ => false,
        };
        var nested = element.Kind is BtfKind.Struct or BtfKind.Union ? Read(element, depth + 1) : null;
        return new BtfField(
            name,
            bits,
            _types.SizeOf(typeId),
            resolved.Kind,
            signed,
            bitFieldSize,
            _types.SizeOf((uint)element.Id),
            alternative,
            nested);
    }
}
