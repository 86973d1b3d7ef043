using Monitor.Bpf.Btf;

namespace Monitor.Bpf.Schema;

/// <summary>What DOC() and MONITOR() said about variables and members (btf_decl_tag, clang 14).</summary>
internal sealed class DeclarationTags
{
    /// <summary>Component of a tag that is about the whole declaration, and not about a member.</summary>
    internal const int Itself = -1;

    internal const int MaximumBytes = 256;

    private readonly Dictionary<(int Type, int Component), uint> _names = [];
    private readonly BtfTypes _types;
    private readonly SchemaFailure _failure;

    internal DeclarationTags(BtfTypes types, SchemaFailure failure)
    {
        _types = types;
        _failure = failure;
        for (uint id = 1; id < types.Count; id++)
        {
            if (types[id] is { Kind: BtfKind.DeclarationTag } tag)
            {
                _names.TryAdd(((int)tag.SizeOrType, (int)types.Word(tag.Details)), tag.NameOffset);
            }
        }
    }

    /// <summary>The text of the first tag, or nothing.</summary>
    /// <param name="type">The structure or variable.</param>
    /// <param name="component">Index of the member, or <see cref="Itself"/>.</param>
    /// <param name="what">What it describes, for the message.</param>
    /// <exception cref="BpfException">It is too long, or no text.</exception>
    internal string Of(in BtfType type, int component, string what) =>
        !_names.TryGetValue((type.Id, component), out var name)
            ? ""
            : _types.Text(name, MaximumBytes) ?? throw _failure.Because(
                $"the description of {what} has more than {MaximumBytes} bytes, or is not one line of text");
}
