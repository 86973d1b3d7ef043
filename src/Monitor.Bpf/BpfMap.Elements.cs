using System.Buffers;
using System.Runtime.InteropServices;
using Monitor.Bpf.Interop;
using Monitor.Bpf.Kernel;

namespace Monitor.Bpf;

/// <content>Single elements and keys.</content>
public sealed partial class BpfMap
{
    // Per-CPU values up to this size are collected on the stack: 64 CPUs with 64 bytes each.
    private const int StackScratchBytes = 4096;

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

    /// <summary>Reads and removes the value of a key (kernel 5.14 and later for hashes) or of a queue (5.0).</summary>
    /// <inheritdoc cref="TryLookup"/>
    public unsafe bool TryLookupAndDelete<TKey, TValue>(TKey key, out TValue value)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckKey<TKey>();
        CheckSingleValue<TValue>();
        value = default;
        fixed (TValue* pointer = &value)
        {
            return Found(Libbpf.bpf_map_lookup_and_delete_elem(Descriptor, &key, pointer), "looking up in map");
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
        var cpus = BpfFeatures.PossibleCpus;

        // The kernel writes one value every 8-byte multiple; sizes that are one go straight to their place.
        var stride = (ValueSize + 7) & ~7;
        if (stride == ValueSize)
        {
            fixed (TValue* pointer = values)
            {
                return Found(Libbpf.bpf_map_lookup_elem(Descriptor, &key, pointer), "looking up in map");
            }
        }

        var bytes = stride * cpus;
        var rented = bytes > StackScratchBytes ? ArrayPool<byte>.Shared.Rent(bytes) : null;
        var scratch = rented ?? stackalloc byte[StackScratchBytes];
        try
        {
            fixed (byte* pointer = scratch)
            {
                if (!Found(Libbpf.bpf_map_lookup_elem(Descriptor, &key, pointer), "looking up in map"))
                {
                    return false;
                }
            }

            for (var cpu = 0; cpu < cpus; cpu++)
            {
                values[cpu] = MemoryMarshal.Read<TValue>(scratch[(cpu * stride)..]);
            }

            return true;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>Sets the value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="mode">Whether the key may or must exist.</param>
    /// <returns>What became of it; anything but <see cref="BpfUpdateResult.Stored"/> left the map as it was.</returns>
    /// <exception cref="BpfException">The kernel refused for another reason.</exception>
    public unsafe BpfUpdateResult Update<TKey, TValue>(TKey key, in TValue value, BpfUpdateMode mode = BpfUpdateMode.Any)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckKey<TKey>();
        CheckSingleValue<TValue>();
        fixed (TValue* pointer = &value)
        {
            return Libbpf.bpf_map_update_elem(Descriptor, &key, pointer, (ulong)mode) switch
            {
                0 => BpfUpdateResult.Stored,
                -Errno.EEXIST => BpfUpdateResult.Exists,
                -Errno.ENOENT => BpfUpdateResult.Missing,

                // ENOMEM: a hash without preallocation could not get memory in atomic context.
                -Errno.E2BIG or -Errno.ENOMEM => BpfUpdateResult.Full,
                var error => throw new BpfException("updating map", Name, -error, null),
            };
        }
    }

    /// <summary>Sets every CPU's value of a key.</summary>
    /// <param name="key">The key; it is created where the type has keys that come and go.</param>
    /// <param name="values">One value per possible CPU.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public unsafe void UpdatePerCpu<TKey, TValue>(TKey key, ReadOnlySpan<TValue> values)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckKey<TKey>();
        CheckPerCpu<TValue>(values.Length);
        var cpus = BpfFeatures.PossibleCpus;
        var stride = (ValueSize + 7) & ~7;
        var rented = ArrayPool<byte>.Shared.Rent(stride * cpus);
        try
        {
            rented.AsSpan(0, stride * cpus).Clear();
            for (var cpu = 0; cpu < cpus; cpu++)
            {
                MemoryMarshal.Write(rented.AsSpan(cpu * stride), values[cpu]);
            }

            fixed (byte* pointer = rented)
            {
                BpfException.ThrowIfNegative(
                    Libbpf.bpf_map_update_elem(Descriptor, &key, pointer, 0), "updating map", Name);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Removes a key.</summary>
    /// <returns>False where there is no such key.</returns>
    /// <exception cref="BpfException">The kernel refused; arrays' keys cannot be removed (EINVAL).</exception>
    public unsafe bool Delete<TKey>(TKey key)
        where TKey : unmanaged
    {
        CheckKey<TKey>();
        return Found(Libbpf.bpf_map_delete_elem(Descriptor, &key), "deleting from map");
    }

    /// <summary>
    /// All keys, in the kernel's order. While others change the map a key may be missed, or the walk may start again from
    /// the first key; it ends after <see cref="MaxEntries"/> keys at the latest.
    /// </summary>
    public BpfKeyEnumerator<TKey> Keys<TKey>()
        where TKey : unmanaged
    {
        CheckKey<TKey>();
        return new BpfKeyEnumerator<TKey>(this, MaxEntries);
    }

    /// <summary>The key after <paramref name="previous"/>, or the first one for null.</summary>
    internal unsafe bool TryGetNextKey<TKey>(TKey? previous, out TKey next)
        where TKey : unmanaged
    {
        var key = previous.GetValueOrDefault();
        TKey found;
        var result = Libbpf.bpf_map_get_next_key(Descriptor, previous.HasValue ? &key : null, &found);
        next = found;
        return Found(result, "listing the keys of map");
    }

    private void CheckPerCpu<TValue>(int length)
        where TValue : unmanaged
    {
        CheckValue<TValue>();
        if (!IsPerCpu)
        {
            throw new InvalidOperationException($"Map '{Name}' has no value per CPU.");
        }

        if (length < BpfFeatures.PossibleCpus)
        {
            throw new ArgumentException(
                $"Map '{Name}' has {BpfFeatures.PossibleCpus} values per key (one per possible CPU), the span has room for {length}.");
        }
    }
}
