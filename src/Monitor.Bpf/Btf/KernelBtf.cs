namespace Monitor.Bpf.Btf;

/// <summary>
/// The types of the running kernel. It holds some 6 MB: open it, look up what is needed, and let it go. Thread-safe.
/// </summary>
public sealed class KernelBtf
{
    private const string DefaultPath = "/sys/kernel/btf/vmlinux";

    private readonly BtfTypes types;

    private KernelBtf(BtfTypes types) => this.types = types;

    /// <summary>Opens it.</summary>
    /// <returns>Null where the kernel was built without (CONFIG_DEBUG_INFO_BTF), or hides it.</returns>
    /// <exception cref="BpfException">It is there but in a form that this library does not know.</exception>
    public static KernelBtf? TryOpen() => TryOpen(DefaultPath);

    /// <summary>The constants of <c>enum name</c>, in the order of the source.</summary>
    /// <returns>Null where the kernel has no such enumeration.</returns>
    public IReadOnlyList<BtfEnumValue>? FindEnum(string name)
    {
        if (types.Find(BtfKind.Enum, name) is { } narrow)
        {
            return Enumerable.Range(0, narrow.Count).Select(i =>
            {
                var at = narrow.Details + (i * 8);
                var value = types.Word(at + 4);
                return new BtfEnumValue(types.Name(types.Word(at)), narrow.KindFlag ? (int)value : value);
            }).ToList();
        }

        if (types.Find(BtfKind.Enum64, name) is { } wide)
        {
            return Enumerable.Range(0, wide.Count).Select(i =>
            {
                var at = wide.Details + (i * 12);
                return new BtfEnumValue(
                    types.Name(types.Word(at)), (long)(types.Word(at + 4) | (ulong)types.Word(at + 8) << 32));
            }).ToList();
        }

        return null;
    }

    /// <summary>
    /// How many arguments a tracepoint passes to raw_tp and tp_btf programs, by its typedef <c>btf_trace_NAME</c> (the
    /// leading <c>void *</c> of that prototype is not counted).
    /// </summary>
    /// <returns>Null where the kernel has no such tracepoint; those of modules are not in vmlinux.</returns>
    public int? TracepointArgumentCount(string tracepoint)
    {
        if (types.Find(BtfKind.Typedef, $"btf_trace_{tracepoint}") is not { } alias)
        {
            return null;
        }

        var pointer = types.Resolve(alias.SizeOrType);
        var prototype = pointer.Kind == BtfKind.Pointer ? types.Resolve(pointer.SizeOrType) : pointer;
        return prototype is { Kind: BtfKind.FunctionPrototype, Count: > 0 } ? prototype.Count - 1 : null;
    }

    /// <summary>Whether the kernel defines <c>struct name</c>.</summary>
    public bool HasStruct(string name) => types.Find(BtfKind.Struct, name) is not null;

    /// <summary>Whether <c>struct structName</c> has that member, directly or in an unnamed member.</summary>
    public bool HasField(string structName, string field) =>
        types.Find(BtfKind.Struct, structName) is { } type && BtfStructReader.HasMember(types, type, field);

    /// <summary>Whether the kernel has a function of that name that fentry could attach to.</summary>
    public bool HasFunction(string name) => types.Find(BtfKind.Function, name) is not null;

    /// <summary>The layout of <c>struct name</c>, or null.</summary>
    internal BtfStruct? FindStruct(string name) => BtfStructReader.Find(types, name);

    internal static KernelBtf? TryOpen(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return new KernelBtf(BtfTypes.Parse(bytes, path));
    }
}
