using System.Runtime.InteropServices;

namespace Monitor.Bpf.Interop;

/// <summary>Keeps a handle from being released while a pointer that depends on it is in use.</summary>
internal readonly ref struct BorrowedHandle
{
    private readonly SafeHandle _handle;

    /// <exception cref="ObjectDisposedException">It is released already.</exception>
    internal BorrowedHandle(SafeHandle handle)
    {
        var added = false;
        handle.DangerousAddRef(ref added);
        _handle = handle;
    }

    public void Dispose() => _handle.DangerousRelease();
}
