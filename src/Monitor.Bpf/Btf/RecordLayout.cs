using System.Runtime.CompilerServices;

namespace Monitor.Bpf.Btf;

/// <summary>
/// Compares a C# structure with the C structure that a BPF program fills, as the compiler laid both out. C is the
/// source: a difference means that the C# side must change, or that the object is from another version.
/// </summary>
/// <remarks>
/// Fields are matched by name without regard to case and underscores (<c>boot_ns</c> is <c>BootNs</c>), and by offset,
/// size and sign. Arrays are fixed buffers, <see cref="InlineArrayAttribute"/> types, or a structure of the same size.
/// Padding (names that begin with "pad" or "reserved") may be missing on either side.
/// </remarks>
public static class RecordLayout
{
    /// <summary>Compares.</summary>
    /// <typeparam name="T">The C# structure, with sequential or explicit layout.</typeparam>
    /// <param name="bpfObject">An object compiled with -g.</param>
    /// <param name="structName">The C structure, or a typedef of it.</param>
    /// <returns>One sentence per difference; empty where the two agree.</returns>
    /// <exception cref="BpfException">The object's BTF is unsound.</exception>
    public static IReadOnlyList<string> Check<T>(BpfObject bpfObject, string structName)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(bpfObject);
        if (bpfObject.Types is null)
        {
            return [$"{bpfObject.Name} has no BTF (compile it with clang -g), so struct {structName} cannot be checked."];
        }

        return bpfObject.FindStruct(structName) is { } c
            ? Compare<T>(c)
            : [$"{bpfObject.Name} has no struct {structName}; it is in the BTF only if a map or global variable uses it."];
    }

    internal static IReadOnlyList<string> Compare<T>(BtfStruct c)
        where T : unmanaged
    {
        var differences = new List<string>();
        if (c.Size != Unsafe.SizeOf<T>())
        {
            differences.Add($"struct {c.Name} has {c.Size} bytes, {typeof(T).Name} has {Unsafe.SizeOf<T>()}.");
        }

        new RecordComparer(differences).Compare(c, ManagedLayout.Of(typeof(T)), c.Name, typeof(T).Name, 0);
        return differences;
    }
}
