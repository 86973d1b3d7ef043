using Microsoft.Win32.SafeHandles;

namespace Monitor.Bpf.Interop;

/// <summary>A struct bpf_object.</summary>
internal sealed class BpfObjectHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        Libbpf.bpf_object__close(handle);
        return true;
    }
}

/// <summary>A struct bpf_link.</summary>
internal sealed class BpfLinkHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => Libbpf.bpf_link__destroy(handle) == 0;
}

/// <summary>A file descriptor of any kind that this library opened or duplicated.</summary>
internal sealed class FileDescriptorHandle : SafeHandleMinusOneIsInvalid
{
    public FileDescriptorHandle()
        : base(ownsHandle: true)
    {
    }

    internal FileDescriptorHandle(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The number, for a text such as a path in /proc or for a description; only while the handle is known to be open.</summary>
    internal int Number => (int)handle;

    /// <summary>A descriptor of our own for what <paramref name="borrowed"/> stands for.</summary>
    internal static FileDescriptorHandle Duplicate(int borrowed, string objectName)
    {
        var duplicate = Libc.fcntl(borrowed, Libc.F_DUPFD_CLOEXEC, 3);
        if (duplicate.IsInvalid)
        {
            throw BpfException.FromLastError("duplicating the descriptor", objectName);
        }

        return duplicate;
    }

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
