namespace Monitor.Bpf.Btf;

/// <summary>Follows every reference of an untrusted BTF once, so that code which trusts it can.</summary>
internal static class BtfGuard
{
    /// <exception cref="BpfException">A reference leads nowhere, or in circles.</exception>
    internal static void Check(BtfTypes types, string source)
    {
        for (uint id = 1; id < types.Count; id++)
        {
            var type = types[id];
            types.CheckName(type.NameOffset);
            if (type.IsAlias)
            {
                types.Resolve(id);
            }

            switch (type.Kind)
            {
                case BtfKind.Pointer or BtfKind.Function or BtfKind.Variable or BtfKind.DeclarationTag:
                    _ = types[type.SizeOrType];
                    break;
                case BtfKind.FunctionPrototype:
                    _ = types[type.SizeOrType];
                    CheckParts(types, type, stride: 8, nameAt: 0, typeAt: 4);
                    break;
                case BtfKind.Array:
                    _ = types[types.Word(type.Details + 4)];
                    types.SizeOf(id);
                    break;
                case BtfKind.Struct or BtfKind.Union:
                    CheckParts(types, type, stride: 12, nameAt: 0, typeAt: 4);
                    break;
                case BtfKind.Enum:
                    CheckParts(types, type, stride: 8, nameAt: 0, typeAt: -1);
                    break;
                case BtfKind.Enum64:
                    CheckParts(types, type, stride: 12, nameAt: 0, typeAt: -1);
                    break;
                case BtfKind.DataSection:
                    CheckParts(types, type, stride: 12, nameAt: -1, typeAt: 0);
                    break;
            }

            if (type.Kind == BtfKind.Function && types[type.SizeOrType].Kind != BtfKind.FunctionPrototype)
            {
                throw BtfTypes.Unsound(source, $"function {id} has no prototype");
            }
        }
    }

    private static void CheckParts(BtfTypes types, in BtfType type, int stride, int nameAt, int typeAt)
    {
        for (var i = 0; i < type.Count; i++)
        {
            var at = type.Details + (i * stride);
            if (nameAt >= 0)
            {
                types.CheckName(types.Word(at + nameAt));
            }

            if (typeAt >= 0)
            {
                _ = types[types.Word(at + typeAt)];
            }
        }
    }
}
