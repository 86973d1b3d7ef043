using Monitor.Bpf.Interop;

namespace Monitor.Bpf;

/// <summary>Takes over file descriptors that an earlier image of this process left open.</summary>
internal static class InheritedDescriptor
{
    // What the kernel calls them in /proc/self/fd. The link of a tracepoint is its perf event before 5.15.
    internal const string Map = "anon_inode:bpf-map", Program = "anon_inode:bpf-prog", Link = "anon_inode:bpf_link",
        OldLink = "anon_inode:bpf-link", PerfEvent = "anon_inode:[perf_event]";

    /// <summary>Owns a descriptor from now on, and lets no further image have it.</summary>
    /// <param name="descriptor">Its number, from a description that is not trusted.</param>
    /// <param name="kind">What it must be.</param>
    /// <param name="name">For messages.</param>
    /// <exception cref="BpfException">It is something else; it stays as it is.</exception>
    internal static FileDescriptorHandle Take(int descriptor, string kind, string name)
    {
        var found = KindOf(descriptor);
        return found == kind
            ? Own(descriptor, name)
            : throw new BpfException("taking over", name, Errno.EBADF, $"descriptor {descriptor} is {found ?? "closed"}, not {kind}");
    }

    /// <summary>The same for the link of an attachment.</summary>
    internal static FileDescriptorHandle TakeLink(int descriptor, string name) =>
        KindOf(descriptor) is { } found && found is OldLink or PerfEvent
            ? Take(descriptor, found, name)
            : Take(descriptor, Link, name);

    private static string? KindOf(int descriptor)
    {
        try
        {
            return new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static FileDescriptorHandle Own(int descriptor, string name) =>
        Libc.fcntl_set(descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC) == 0
            ? new FileDescriptorHandle(descriptor)
            : throw BpfException.FromLastError("taking over", name);
}
