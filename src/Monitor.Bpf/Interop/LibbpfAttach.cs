using System.Runtime.InteropServices;

namespace Monitor.Bpf.Interop;

/// <summary>Lifecycle of an attachment: attach, read what an iterator gives, detach; and what is attached.</summary>
internal static unsafe partial class Libbpf
{
    // These return NULL and set errno on failure.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial BpfLinkHandle bpf_program__attach(nint program);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial BpfLinkHandle bpf_program__attach_cgroup(nint program, FileDescriptorHandle cgroup);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial BpfLinkHandle bpf_program__attach_iter(nint program, nint options);

    // The link owns the perf event from then on; it enables it.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial BpfLinkHandle bpf_program__attach_perf_event(nint program, int perfEvent);

    // Borrowed descriptor, never negative.
    [LibraryImport(Library)]
    internal static partial int bpf_link__fd(BpfLinkHandle link);

    // 0, or a negative errno; the link is freed in both cases. NULL is ignored.
    [LibraryImport(Library)]
    internal static partial int bpf_link__destroy(nint link);

    // A new descriptor, or a negative errno.
    [LibraryImport(Library)]
    internal static partial int bpf_iter_create(int link);

    // The descriptor of a link, or a negative errno. No name: where the program itself says, as tp_btf and fexit do.
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int bpf_raw_tracepoint_open(string? name, FileDescriptorHandle program);

    // The same; no options.
    [LibraryImport(Library)]
    internal static partial int bpf_link_create(FileDescriptorHandle program, FileDescriptorHandle target, BpfAttachType type, nint options);

    // The same, to a network interface of this thread's network namespace. -EINVAL: the kernel does not know the type.
    [LibraryImport(Library, EntryPoint = "bpf_link_create")]
    internal static partial int bpf_link_create_interface(
        FileDescriptorHandle program, int interfaceIndex, BpfAttachType type, nint options);

    // 0, or a negative errno (-EEXIST: it is there already). Makes the clsact qdisc of the interface.
    [LibraryImport(Library)]
    internal static partial int bpf_tc_hook_create(TrafficControlHook* hook);

    // 0, or a negative errno. The options get the handle and the priority.
    [LibraryImport(Library)]
    internal static partial int bpf_tc_attach(TrafficControlHook* hook, TrafficControlOptions* options);

    // 0, or a negative errno (-ENOENT: it is gone).
    [LibraryImport(Library)]
    internal static partial int bpf_tc_detach(TrafficControlHook* hook, TrafficControlOptions* options);

    // 0, or a negative errno; count is in and out (-ENOSPC: more are attached than fit).
    [LibraryImport(Library)]
    internal static partial int bpf_prog_query(
        FileDescriptorHandle target, BpfAttachType type, uint queryFlags, uint* attachFlags, uint* ids, uint* count);

    // 0, or a negative errno; -ENOENT after the last one.
    [LibraryImport(Library)]
    internal static partial int bpf_prog_get_next_id(uint start, uint* next);

    // A new descriptor, or a negative errno (-ENOENT: no such program).
    [LibraryImport(Library)]
    internal static partial int bpf_prog_get_fd_by_id(uint id);

    // 0, or a negative errno; length is in and out. A kernel that knows fewer fields leaves the rest as it was.
    [LibraryImport(Library)]
    internal static partial int bpf_obj_get_info_by_fd(FileDescriptorHandle descriptor, void* info, uint* length);
}
