using Monitor.Bpf.Interop;
using Monitor.Bpf.Kernel;

namespace Monitor.Bpf;

/// <content>Single elements.</content>
public sealed partial class BpfMap
{
    /// <summary>Reads the value of a key.</summary>
    /// <returns>False where there is no such key.</returns>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public unsafe bool TryLookup<TKey, TValue>(TKey key, out TValue value)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckKey<TKey>();
        CheckSingleValue<TValue>();
        value = default;
        fixed (TValue* pointer = &value)
        {
            return Found(Libbpf.bpf_map_lookup_elem(Descriptor, &key, pointer), "looking up in map");
        }
    }

    /// <summary>Reads every CPU's value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="values">
    /// Gets one value per possible CPU (<see cref="BpfFeatures.PossibleCpus"/>); must have at least that length.
    /// </param>
    /// <returns>False where there is no such key; <paramref name="values"/> is then unchanged.</returns>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public unsafe bool TryLookupPerCpu<TKey, TValue>(TKey key, Span<TValue> values)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckKey<TKey>();
        CheckPerCpu<TValue>(values.Length);
        fixed (TValue* pointer = values)
        {
            return Found(Libbpf.bpf_map_lookup_elem(Descriptor, &key, pointer), "looking up in map");
        }
    }

    /// <summary>Sets the value of a key.</summary>
    /// <exception cref="BpfException">
    /// The kernel refused; E2BIG where the map has no room, or an array no such index.
    /// </exception>
    public unsafe void Update<TKey, TValue>(TKey key, in TValue value)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckKey<TKey>();
        CheckSingleValue<TValue>();
        fixed (TValue* pointer = &value)
        {
            BpfException.ThrowIfNegative(
                Libbpf.bpf_map_update_elem(Descriptor, &key, pointer, flags: 0), "updating map", Name);
        }
    }

    /// <summary>Counts the elements of a hash map. One that comes or goes meanwhile is counted or not; every other once.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public unsafe int Count()
    {
        if (Type is not (BpfMapType.Hash or BpfMapType.LruHash))
        {
            throw new InvalidOperationException($"Map '{Name}' is no hash map.");
        }

        var room = 512u;
        uint from = 0, next = 0;
        var total = 0;
        var first = true;
        while (true)
        {
            var keys = new byte[room * (uint)KeySize];
            var values = new byte[room * (uint)((ValueSize + 7) / 8 * 8)];
            var count = room;
            int result;
            fixed (byte* keyBytes = keys, valueBytes = values)
            {
                result = Libbpf.bpf_map_lookup_batch(
                    Descriptor, first ? null : &from, &next, keyBytes, valueBytes, &count, options: null);
            }

            if (result == -Errno.ENOSPC)
            {
                room *= 2;
                continue;
            }

            if (result is not (0 or -Errno.ENOENT))
            {
                throw new BpfException("counting the elements of map", Name, -result, null);
            }

            total += (int)count;
            if (result == -Errno.ENOENT)
            {
                return total;
            }

            (from, first) = (next, false);
        }
    }

    private void CheckPerCpu<TValue>(int length)
        where TValue : unmanaged
    {
        CheckValue<TValue>();
        if (!IsPerCpu)
        {
            throw new InvalidOperationException($"Map '{Name}' has no value per CPU.");
        }

        // The kernel writes each CPU's value at the next multiple of 8 bytes.
        if (ValueSize % 8 != 0)
        {
            throw new InvalidOperationException(
                $"Values of map '{Name}' have {ValueSize} bytes; values per CPU are read only in multiples of 8 bytes: pad them.");
        }

        if (length < BpfFeatures.PossibleCpus)
        {
            throw new ArgumentException(
                $"Map '{Name}' has {BpfFeatures.PossibleCpus} values per key (one per possible CPU), the span has room for {length}.");
        }
    }
}
