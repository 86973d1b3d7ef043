namespace Monitor.Bpf.Btf;

/// <summary>
/// The types of the running kernel. It holds some 6 MB: open it, look up what is needed, and let it go. Thread-safe.
/// </summary>
public sealed class KernelBtf
{
    private const string DefaultPath = "/sys/kernel/btf/vmlinux";

    private readonly BtfTypes _types;

    private KernelBtf(BtfTypes types) => _types = types;

    /// <summary>Opens it.</summary>
    /// <returns>Null where the kernel was built without (CONFIG_DEBUG_INFO_BTF), or hides it.</returns>
    /// <exception cref="BpfException">It is there but in a form that this library does not know.</exception>
    public static KernelBtf? TryOpen() => TryOpen(DefaultPath);

    /// <summary>The constants of <c>enum name</c>, in the order of the source.</summary>
    /// <returns>Null where the kernel has no such enumeration.</returns>
    public IReadOnlyList<BtfEnumValue>? FindEnum(string name)
    {
        if (_types.Find(BtfKind.Enum, name) is { } narrow)
        {
            return Enumerable.Range(0, narrow.Count).Select(i =>
            {
                var at = narrow.Details + (i * 8);
                var value = _types.Word(at + 4);
                return new BtfEnumValue(_types.Name(_types.Word(at)), narrow.KindFlag ? (int)value : value);
            }).ToList();
        }

        if (_types.Find(BtfKind.Enum64, name) is { } wide)
        {
            return Enumerable.Range(0, wide.Count).Select(i =>
            {
                var at = wide.Details + (i * 12);
                return new BtfEnumValue(
                    _types.Name(_types.Word(at)), (long)(_types.Word(at + 4) | (ulong)_types.Word(at + 8) << 32));
            }).ToList();
        }

        return null;
    }

    /// <summary>The layout of <c>struct name</c>, or null.</summary>
    internal BtfStruct? FindStruct(string name) => BtfStructReader.Find(_types, name);

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
