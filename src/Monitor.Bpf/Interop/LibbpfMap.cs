using System.Runtime.InteropServices;

namespace Monitor.Bpf.Interop;

/// <summary>
/// Elements of a loaded map. All return 0 or a negative errno: -ENOENT no such key, -E2BIG map full, -ENOTSUPP or
/// -EINVAL not supported by the map's type or the kernel.
/// </summary>
internal static unsafe partial class Libbpf
{
    [LibraryImport(Library)]
    internal static partial int bpf_map_lookup_elem(FileDescriptorHandle map, void* key, void* value);

    [LibraryImport(Library)]
    internal static partial int bpf_map_update_elem(FileDescriptorHandle map, void* key, void* value, ulong flags);

    [LibraryImport(Library)]
    internal static partial int bpf_map_delete_elem(FileDescriptorHandle map, void* key);

    // -ENOENT after the last one; the first one for NULL, or for a key that is gone.
    [LibraryImport(Library)]
    internal static partial int bpf_map_get_next_key(FileDescriptorHandle map, void* key, void* next);

    // Up to *count elements from *from on (NULL: the first), and where to go on (of 4 bytes for a hash map). *count becomes
    // how many there were. -ENOENT: these were the last; -ENOSPC: not even one bucket of the hash map has room, read nothing.
    [LibraryImport(Library)]
    internal static partial int bpf_map_lookup_batch(
        FileDescriptorHandle map, void* from, void* next, void* keys, void* values, uint* count, void* options);
}
