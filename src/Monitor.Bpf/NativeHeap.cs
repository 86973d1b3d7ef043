using Monitor.Bpf.Interop;

namespace Monitor.Bpf;

/// <summary>The heap of the C library, which libbpf uses.</summary>
public static class NativeHeap
{
    /// <summary>
    /// Gives what is free in it back to the system; takes some milliseconds. For when everything is loaded: libbpf reads
    /// all of the kernel's types for it, and the C library keeps the 11 MB for later. Does nothing where the C library is
    /// not glibc.
    /// </summary>
    public static void Trim()
    {
        try
        {
            _ = Libc.malloc_trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl gives freed memory back by itself.
        }
    }
}
