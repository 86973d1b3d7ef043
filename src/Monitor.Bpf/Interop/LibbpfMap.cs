using System.Runtime.InteropServices;

namespace Monitor.Bpf.Interop;

/// <summary>
/// Elements of a loaded map. All return 0 or a negative errno: -ENOENT no such key, -EEXIST with BPF_NOEXIST,
/// -E2BIG map full, -ENOTSUPP or -EINVAL not supported by the map's type or the kernel.
/// </summary>
internal static unsafe partial class Libbpf
{
    [LibraryImport(Library)]
    internal static partial int bpf_map_lookup_elem(FileDescriptorHandle map, void* key, void* value);

    [LibraryImport(Library)]
    internal static partial int bpf_map_update_elem(FileDescriptorHandle map, void* key, void* value, ulong flags);

    [LibraryImport(Library)]
    internal static partial int bpf_map_delete_elem(FileDescriptorHandle map, void* key);

    [LibraryImport(Library)]
    internal static partial int bpf_map_lookup_and_delete_elem(FileDescriptorHandle map, void* key, void* value);

    // key NULL gives the first one; -ENOENT after the last one. A key that no longer exists starts from the first.
    [LibraryImport(Library)]
    internal static partial int bpf_map_get_next_key(FileDescriptorHandle map, void* key, void* nextKey);

    // in_batch NULL starts; count is in and out. -ENOENT: the end was reached, count elements are valid all the same.
    // -ENOSPC: the arrays are too small for one bucket. Kernels before 5.6: -EINVAL.
    [LibraryImport(Library)]
    internal static partial int bpf_map_lookup_batch(
        FileDescriptorHandle map, void* inBatch, void* outBatch, void* keys, void* values, uint* count, nint options);

    [LibraryImport(Library)]
    internal static partial int bpf_map_lookup_and_delete_batch(
        FileDescriptorHandle map, void* inBatch, void* outBatch, void* keys, void* values, uint* count, nint options);

    // count is set to the number of elements that were written before an error.
    [LibraryImport(Library)]
    internal static partial int bpf_map_update_batch(
        FileDescriptorHandle map, void* keys, void* values, uint* count, nint options);
}
