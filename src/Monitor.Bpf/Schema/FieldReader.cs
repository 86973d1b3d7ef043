using Monitor.Bpf.Btf;

namespace Monitor.Bpf.Schema;

/// <summary>Flattens a structure into fields, or says why it cannot be shown.</summary>
internal sealed class FieldReader(BtfTypes types, DeclarationTags tags, SchemaFailure failure)
{
    private const int MaximumFields = 128;

    // Structures within structures; one that claims to contain itself must end.
    private const int MaximumDepth = 16;

    // Members that are looked at, padding and structures included: empty structures that contain each other many times
    // would take for ever.
    private const int MaximumMembers = 1024;

    private const string ProcessStruct = "monitor_process";

    private readonly List<RecordField> _fields = [];
    private readonly HashSet<string> _names = [];
    private readonly LeafReader _leaves = new(types, failure);
    private long _bits;
    private int _members;
    private bool _hasProcess;

    /// <summary>The fields of a structure.</summary>
    /// <exception cref="BpfException">A field cannot be shown.</exception>
    internal List<RecordField> ReadStruct(in BtfType structure)
    {
        _bits = structure.SizeOrType * 8L;
        AddMembers(structure, new Place("", 0, 0, false));
        return _fields;
    }

    /// <summary>A value of any type: the fields of a structure, or the value as one field of that name.</summary>
    /// <inheritdoc cref="ReadStruct"/>
    internal List<RecordField> ReadValue(uint type, string name)
    {
        var chain = TypeChain.Follow(types, type);
        if (chain.Type.Kind == BtfKind.Struct && chain.Meaning is null)
        {
            return ReadStruct(chain.Type);
        }

        _bits = types.SizeOf(type) * 8L;
        Add(_leaves.Read(name, type, new BitRange(0, 0, _bits)));
        return _fields;
    }

    private void AddMembers(in BtfType structure, Place place)
    {
        if (place.Depth > MaximumDepth)
        {
            throw failure.Because($"'{place.Prefix.TrimEnd('.')}' is nested deeper than {MaximumDepth} structures");
        }

        for (var i = 0; i < structure.Count; i++)
        {
            if (++_members > MaximumMembers)
            {
                throw failure.Because($"it has more than {MaximumMembers} members, nested ones included");
            }

            AddMember(structure, i, place);
        }
    }

    private void AddMember(in BtfType structure, int index, Place place)
    {
        var at = structure.Details + (index * 12);
        var (nameOffset, type, word) = (types.Word(at), types.Word(at + 4), types.Word(at + 8));
        var bitSize = structure.KindFlag ? (int)(word >> 24) : 0;
        var offset = place.BitOffset + (structure.KindFlag ? word & 0xFFFFFF : word);
        var chain = TypeChain.Follow(types, type);
        var isNested = chain.Type.Kind == BtfKind.Struct && chain.Meaning is null;
        var isUnnamed = types.Text(nameOffset, SchemaFailure.MaximumNameBytes) is "" && isNested;
        if (nameOffset == 0 && chain.Type.Kind == BtfKind.Union)
        {
            throw failure.Because($"{Where(place)} has an unnamed union, of which nobody knows what is in it: use a field for each");
        }

        var name = isUnnamed ? "" : failure.Identifier(types, nameOffset, $"member {index + 1} of {Where(place)}");
        var full = place.Prefix + name;
        if (offset > _bits || (bitSize == 0 && offset % 8 != 0))
        {
            throw failure.Because($"'{full}' begins at bit {offset}, which is not in the record or no beginning of a byte");
        }

        if (isNested)
        {
            var isProcess = place.IsTop && !_hasProcess
                && types.Text(chain.Type.NameOffset, SchemaFailure.MaximumNameBytes) == ProcessStruct;
            _hasProcess |= isProcess;
            AddMembers(
                chain.Type,
                new Place(isUnnamed ? place.Prefix : $"{full}.", offset, place.Depth + 1, isProcess || (isUnnamed && place.OfProcess))
                {
                    IsTop = isUnnamed && place.IsTop,
                });
        }
        else if (!IsPadding(name))
        {
            var field = _leaves.Read(full, type, new BitRange(offset, bitSize, _bits));
            Add(field with
            {
                OfProcess = place.OfProcess,
                Doc = tags.Of(structure, index, $"'{full}'"),
            });
        }
    }

    private void Add(RecordField field)
    {
        if (_fields.Count == MaximumFields)
        {
            throw failure.Because($"it has more than {MaximumFields} fields");
        }

        if (!_names.Add(field.Name))
        {
            throw failure.Because($"it has two fields '{field.Name}'");
        }

        _fields.Add(field);
    }

    private static string Where(Place place) => place.Prefix.Length == 0 ? "the structure" : $"'{place.Prefix.TrimEnd('.')}'";

    // pad, pad0, _pad, padding2, reserved1 and the like: room that the author made visible.
    private static bool IsPadding(string name) =>
        name.Trim('_').TrimEnd("0123456789".ToCharArray()).TrimEnd('_') is "pad" or "padding" or "reserved";

    /// <param name="Prefix">Names of the structures that it is in, each with a dot.</param>
    /// <param name="BitOffset">Where the structure begins in the record.</param>
    /// <param name="Depth">Number of structures around it.</param>
    /// <param name="OfProcess">Whether it is the record's process.</param>
    private readonly record struct Place(string Prefix, long BitOffset, int Depth, bool OfProcess)
    {
        /// <summary>Whether it is the record itself, or an unnamed member of it.</summary>
        internal bool IsTop { get; init; } = Depth == 0;
    }
}
