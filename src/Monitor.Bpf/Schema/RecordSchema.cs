using Monitor.Bpf.Btf;

namespace Monitor.Bpf.Schema;

/// <summary>The record that an object sends, as its BTF describes it: what MONITOR() of bpf/include/monitor.h names.</summary>
/// <param name="StructName">Name of the structure in C, or of a typedef for an unnamed one.</param>
/// <param name="Size">Bytes, from 8 to 4096.</param>
/// <param name="Description">What the author wrote about it; empty where the compiler had no way to keep it.</param>
/// <param name="Fields">In the order of the source. The first is <c>timestamp</c>: nanoseconds on CLOCK_BOOTTIME.</param>
public sealed record RecordSchema(string StructName, int Size, string Description, IReadOnlyList<RecordField> Fields)
{
    /// <summary>Name of the map in which a <see cref="FieldKind.KernelStack"/> is a key.</summary>
    public const string StackMap = "stacks";

    internal const int MinimumSize = 8;
    internal const int MaximumSize = 4096;

    private const string RecordVariable = "monitor_record";
    private const string TimestampField = "timestamp";

    /// <summary>Reads it from an object, which is not trusted.</summary>
    /// <exception cref="BpfException">
    /// The object names no record, or one that cannot be shown; the message names the field and the reason.
    /// </exception>
    public static RecordSchema Read(BpfObject bpfObject)
    {
        ArgumentNullException.ThrowIfNull(bpfObject);
        var failure = new SchemaFailure("reading the record of", bpfObject.Name);
        var types = bpfObject.Types ?? throw failure.Because("it has no BTF: compile it with clang -g");
        var schema = Read(types, failure);
        if (schema.Fields.FirstOrDefault(f => f.Kind == FieldKind.KernelStack) is { } stack
            && !bpfObject.Maps.Any(m => m is { Name: StackMap, Type: BpfMapType.StackTrace }))
        {
            throw failure.Because(
                $"field '{stack.Name}' is a kernel_stack_t, but there is no map '{StackMap}' of type BPF_MAP_TYPE_STACK_TRACE");
        }

        return schema;
    }

    internal static RecordSchema Read(BtfTypes types, SchemaFailure failure, string recordVariable = RecordVariable)
    {
        var variable = types.Find(BtfKind.Variable, recordVariable) ?? throw failure.Because(
            "it names no record: write MONITOR(struct NAME, \"what it reports\") after the structure");
        var pointer = types.Resolve(variable.SizeOrType);
        var chain = pointer.Kind == BtfKind.Pointer ? TypeChain.Follow(types, pointer.SizeOrType) : default;
        if (chain.Type.Kind != BtfKind.Struct)
        {
            throw failure.Because($"'{recordVariable}' must be a pointer to a structure that is defined: use MONITOR(struct NAME, …)");
        }

        var structure = chain.Type;
        var name = failure.Identifier(
            types, structure.NameOffset != 0 ? structure.NameOffset : chain.OutermostTypedef, "the record's structure");
        if (structure.SizeOrType is < MinimumSize or > MaximumSize)
        {
            throw failure.Because($"struct {name} has {structure.SizeOrType} bytes; from {MinimumSize} to {MaximumSize} are accepted");
        }

        var tags = new DeclarationTags(types, failure);
        var fields = new FieldReader(types, tags, failure).ReadStruct(structure);
        if (fields is not [{ Name: TimestampField, Size: 8, Count: 1, BitSize: 0, BitOffset: 0 } first, ..]
            || first.Kind is not (FieldKind.Unsigned or FieldKind.Time))
        {
            throw failure.Because($"the first field of struct {name} must be: __u64 {TimestampField};");
        }

        fields[0] = first with { Kind = FieldKind.Time };
        return new RecordSchema(
            name, (int)structure.SizeOrType, tags.Of(variable, DeclarationTags.Itself, "the monitor"), fields);
    }
}
