using System.Runtime.InteropServices;

namespace Monitor.Bpf.Interop;

/// <summary>Lifecycle of perf rings: open them all, find each one's memory and descriptor, free them all.</summary>
internal static unsafe partial class Libbpf
{
    // struct perf_buffer *perf_buffer__new_raw(int map_fd, size_t page_cnt, struct perf_event_attr *attr,
    //     perf_buffer_event_fn event_cb, void *ctx, const struct perf_buffer_raw_opts *opts)
    // NULL and errno on failure: EINVAL (pages not a power of two, not a perf event array), EPERM (mlock limit or
    // privileges), ENODEV (CPU offline). The callback is only used by perf_buffer__poll and _consume, which are not
    // called here; it may be NULL.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial PerfBufferHandle perf_buffer__new_raw(
        FileDescriptorHandle map, nuint pages, PerfEventAttributes* attributes, nint callback, nint context,
        PerfBufferRawOptions* options);

    [LibraryImport(Library)]
    internal static partial void perf_buffer__free(nint handle);

    // Borrowed descriptor of the ring's perf event, or -EINVAL, -ENOENT.
    [LibraryImport(Library)]
    internal static partial int perf_buffer__buffer_fd(PerfBufferHandle handle, nuint index);

    // 0, or -EINVAL, -ENOENT. The memory starts with struct perf_event_mmap_page; the size is that of the data alone.
    [LibraryImport(Library)]
    internal static partial int perf_buffer__buffer(PerfBufferHandle handle, int index, void** buffer, nuint* size);
}
