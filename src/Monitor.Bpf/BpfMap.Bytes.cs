using Monitor.Bpf.Interop;
using Monitor.Bpf.Kernel;

namespace Monitor.Bpf;

/// <content>Elements as bytes, for maps whose types are known only from the object.</content>
public sealed partial class BpfMap
{
    /// <summary>
    /// Bytes that a lookup gives: <see cref="ValueSize"/>, or for per-CPU maps that rounded up to a multiple of 8, once for
    /// each possible CPU (<see cref="BpfFeatures.PossibleCpus"/>).
    /// </summary>
    public int LookupBytes => IsPerCpu ? checked(((ValueSize + 7) & ~7) * BpfFeatures.PossibleCpus) : ValueSize;

    /// <summary>
    /// Goes to the next key, in no order. Where the previous one was deleted meanwhile, a hash begins anew: a walk must
    /// have a limit, such as <see cref="MaxEntries"/>.
    /// </summary>
    /// <param name="previous">Empty for the first key; else of <see cref="KeySize"/>.</param>
    /// <param name="next">Gets the key, of <see cref="KeySize"/>. May be the same memory as the previous one.</param>
    /// <returns>False after the last key.</returns>
    /// <exception cref="BpfException">The kernel refused, for example since the map has no keys.</exception>
    public unsafe bool TryGetNextKey(ReadOnlySpan<byte> previous, Span<byte> next)
    {
        if (previous.Length != 0)
        {
            CheckLength(previous.Length, KeySize, "Keys");
        }

        CheckLength(next.Length, KeySize, "Keys");
        fixed (byte* from = previous)
        fixed (byte* to = next)
        {
            return Found(Libbpf.bpf_map_get_next_key(Descriptor, from, to), "going through map");
        }
    }

    /// <summary>Reads the value of a key, or every CPU's.</summary>
    /// <param name="key">Of <see cref="KeySize"/>.</param>
    /// <param name="value">Gets the value, of <see cref="LookupBytes"/>.</param>
    /// <returns>False where there is no such key.</returns>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public unsafe bool TryLookupBytes(ReadOnlySpan<byte> key, Span<byte> value)
    {
        CheckLength(key.Length, KeySize, "Keys");
        CheckLength(value.Length, LookupBytes, "Values");
        fixed (byte* at = key)
        fixed (byte* to = value)
        {
            return Found(Libbpf.bpf_map_lookup_elem(Descriptor, at, to), "looking up in map");
        }
    }

    private void CheckLength(int length, int expected, string what)
    {
        if (length != expected)
        {
            throw new ArgumentException($"{what} of map '{Name}' have {expected} bytes, the span has {length}.");
        }
    }
}
