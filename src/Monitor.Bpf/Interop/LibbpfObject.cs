using System.Runtime.InteropServices;

namespace Monitor.Bpf.Interop;

/// <summary>Lifecycle of an object: open, look at its parts, change them, load, close.</summary>
internal static unsafe partial class Libbpf
{
    private const string Library = "libbpf.so.1";

    // struct bpf_object *bpf_object__open_mem(const void *obj_buf, size_t obj_buf_sz, const struct bpf_object_open_opts *opts)
    // Returns NULL and sets errno on failure. The buffer is copied or parsed during the call and not needed after it.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial BpfObjectHandle bpf_object__open_mem(byte* buffer, nuint size, BpfObjectOpenOptions* options);

    // int bpf_object__load(struct bpf_object *obj)
    // 0, or a negative errno. An object can be loaded once; a second attempt gives -EINVAL even if the first one failed.
    [LibraryImport(Library)]
    internal static partial int bpf_object__load(BpfObjectHandle handle);

    // void bpf_object__close(struct bpf_object *obj): frees programs and maps with it; NULL is ignored.
    [LibraryImport(Library)]
    internal static partial void bpf_object__close(nint handle);

    // struct btf *bpf_object__btf(const struct bpf_object *obj): borrowed; NULL where the object has no BTF.
    [LibraryImport(Library)]
    internal static partial nint bpf_object__btf(BpfObjectHandle handle);

    // const void *btf__raw_data(const struct btf *btf, __u32 *size)
    // Borrowed, valid as long as the btf is; NULL when out of memory.
    [LibraryImport(Library)]
    internal static partial byte* btf__raw_data(nint btf, uint* size);

    // struct bpf_program *bpf_object__next_program(const struct bpf_object *obj, struct bpf_program *prog)
    // Borrowed; NULL after the last one, the first one for NULL.
    [LibraryImport(Library)]
    internal static partial nint bpf_object__next_program(BpfObjectHandle handle, nint program);

    // struct bpf_map *bpf_object__next_map(const struct bpf_object *obj, const struct bpf_map *map): as above.
    [LibraryImport(Library)]
    internal static partial nint bpf_object__next_map(BpfObjectHandle handle, nint map);

    // Program properties. The strings are borrowed and never NULL.
    [LibraryImport(Library)]
    internal static partial byte* bpf_program__name(nint program);

    [LibraryImport(Library)]
    internal static partial byte* bpf_program__section_name(nint program);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool bpf_program__autoload(nint program);

    // 0, or -EINVAL after load.
    [LibraryImport(Library)]
    internal static partial int bpf_program__set_autoload(nint program, [MarshalAs(UnmanagedType.U1)] bool autoload);

    [LibraryImport(Library)]
    internal static partial BpfProgramType bpf_program__type(nint program);

    // 0, or -EBUSY after load.
    [LibraryImport(Library)]
    internal static partial int bpf_program__set_type(nint program, BpfProgramType type);

    [LibraryImport(Library)]
    internal static partial BpfAttachType bpf_program__expected_attach_type(nint program);

    // 0, or -EBUSY after load.
    [LibraryImport(Library)]
    internal static partial int bpf_program__set_expected_attach_type(nint program, BpfAttachType type);

    // Borrowed descriptor; negative errno (-ENOENT) where the program was not loaded.
    [LibraryImport(Library)]
    internal static partial int bpf_program__fd(nint program);

    // Map properties. The name is borrowed.
    [LibraryImport(Library)]
    internal static partial byte* bpf_map__name(nint map);

    [LibraryImport(Library)]
    internal static partial BpfMapType bpf_map__type(nint map);

    [LibraryImport(Library)]
    internal static partial uint bpf_map__key_size(nint map);

    [LibraryImport(Library)]
    internal static partial uint bpf_map__value_size(nint map);

    [LibraryImport(Library)]
    internal static partial uint bpf_map__max_entries(nint map);

    // Borrowed: how the maps in a map of maps are defined; NULL for other types, or where the object does not say.
    [LibraryImport(Library)]
    internal static partial nint bpf_map__inner_map(nint map);

    // 0, or -EBUSY after load.
    [LibraryImport(Library)]
    internal static partial int bpf_map__set_max_entries(nint map, uint entries);

    [LibraryImport(Library)]
    internal static partial nint bpf_map__pin_path(nint map);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool bpf_map__is_internal(nint map);

    // int bpf_map__reuse_fd(struct bpf_map *map, int fd), which duplicates the descriptor
    [LibraryImport(Library)]
    internal static partial int bpf_map__reuse_fd(nint map, FileDescriptorHandle descriptor);

    // const void *bpf_map__initial_value(struct bpf_map *map, size_t *psize)
    // Borrowed memory that becomes the map's content at load; NULL for a map without initial value.
    [LibraryImport(Library)]
    internal static partial byte* bpf_map__initial_value(nint map, nuint* size);

    // Borrowed descriptor; negative before load.
    [LibraryImport(Library)]
    internal static partial int bpf_map__fd(nint map);

    // int bpf_prog_test_run_opts(int prog_fd, struct bpf_test_run_opts *opts)
    // 0, or a negative errno: -EINVAL for what the type of the program does not accept, -ENOTSUPP (524) where it cannot be run,
    // -ENOSPC where the packet has become longer than there is room, of which as much was written.
    [LibraryImport(Library)]
    internal static partial int bpf_prog_test_run_opts(FileDescriptorHandle program, TestRunOptions* options);
}
