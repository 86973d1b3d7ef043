using Monitor.Bpf.Interop;

namespace Monitor.Bpf;

/// <content>Many elements in one system call (kernel 5.6 and later, hashes and arrays).</content>
public sealed partial class BpfMap
{
    /// <summary>
    /// Reads, and if asked removes, the next elements of a walk over the map. An element that is added or removed during
    /// the walk may or may not be seen.
    /// </summary>
    /// <param name="cursor">The place in the walk: start with the default value, pass it again until its Done is set.</param>
    /// <param name="keys">Gets the keys. Too small for one bucket of a hash gives ENOSPC: 64 and more are safe in practice.</param>
    /// <param name="values">Gets the values at the same indexes; at least as long as <paramref name="keys"/>.</param>
    /// <param name="delete">Whether to remove what is read.</param>
    /// <returns>How many were read; may be 0 before the end.</returns>
    /// <exception cref="BpfException">
    /// The kernel refused; EINVAL or ENOTSUPP where the kernel or the map's type knows no batches: walk
    /// <see cref="Keys{TKey}"/> then.
    /// </exception>
    public unsafe int ReadBatch<TKey, TValue>(
        ref BpfBatchCursor cursor, Span<TKey> keys, Span<TValue> values, bool delete = false)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckKey<TKey>();
        CheckSingleValue<TValue>();
        if (values.Length < keys.Length)
        {
            throw new ArgumentException($"There is room for {keys.Length} keys but only {values.Length} values.", nameof(values));
        }

        if (KeySize > BpfBatchCursor.Bytes)
        {
            throw new InvalidOperationException($"Batches support keys of up to {BpfBatchCursor.Bytes} bytes, map '{Name}' has {KeySize}.");
        }

        if (cursor.Done)
        {
            return 0;
        }

        var next = default(BpfBatchCursor);
        var count = (uint)keys.Length;
        int result;
        fixed (BpfBatchCursor* place = &cursor)
        fixed (TKey* keyPointer = keys)
        fixed (TValue* valuePointer = values)
        {
            var start = cursor.Started ? place->Place : null;
            result = delete
                ? Libbpf.bpf_map_lookup_and_delete_batch(Descriptor, start, next.Place, keyPointer, valuePointer, &count, 0)
                : Libbpf.bpf_map_lookup_batch(Descriptor, start, next.Place, keyPointer, valuePointer, &count, 0);
        }

        if (result is not (0 or -Errno.ENOENT))
        {
            throw new BpfException("reading a batch from map", Name, -result, null);
        }

        next.Started = true;
        next.Done = result != 0;
        cursor = next;
        return (int)count;
    }

    /// <summary>Sets many elements.</summary>
    /// <returns>How many were set: less than given where the map became full.</returns>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public unsafe int UpdateBatch<TKey, TValue>(ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckKey<TKey>();
        CheckSingleValue<TValue>();
        if (values.Length != keys.Length)
        {
            throw new ArgumentException($"There are {keys.Length} keys but {values.Length} values.", nameof(values));
        }

        if (keys.IsEmpty)
        {
            return 0;
        }

        var count = (uint)keys.Length;
        fixed (TKey* keyPointer = keys)
        fixed (TValue* valuePointer = values)
        {
            var result = Libbpf.bpf_map_update_batch(Descriptor, keyPointer, valuePointer, &count, 0);
            return result is 0 or -Errno.E2BIG
                ? (int)count
                : throw new BpfException("updating map", Name, -result, null);
        }
    }
}
