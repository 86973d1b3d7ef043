using Monitor.Bpf.Btf;

namespace Monitor.Bpf.Schema;

/// <summary>A type with what was passed on the way to it.</summary>
/// <param name="Type">The type behind typedefs and qualifiers.</param>
/// <param name="OutermostTypedef">Place of the name of the first typedef; 0 where there is none.</param>
/// <param name="Meaning">What the first typedef that has a meaning means; null where none has.</param>
internal readonly record struct TypeChain(BtfType Type, uint OutermostTypedef, TypeMeaning? Meaning)
{
    /// <exception cref="BpfException">The chain does not end.</exception>
    internal static TypeChain Follow(BtfTypes types, uint id)
    {
        var end = types.Resolve(id);
        uint outermost = 0;
        TypeMeaning? meaning = null;
        for (var type = types[id]; type.IsAlias; type = types[type.SizeOrType])
        {
            if (type.Kind == BtfKind.Typedef)
            {
                outermost = outermost == 0 ? type.NameOffset : outermost;
                meaning ??= TypeMeaning.Of(types.Text(type.NameOffset, SchemaFailure.MaximumNameBytes));
            }
        }

        return new TypeChain(end, outermost, meaning);
    }
}
