using Monitor.Bpf.Interop;

namespace Monitor.Bpf;

/// <summary>The heap of the C library, which libbpf uses.</summary>
public static class NativeHeap
{
    private const int MmapThreshold = -3; // M_MMAP_THRESHOLD of malloc.h
    private const int LargeBytes = 32 * 1024;

    /// <summary>
    /// From now on, blocks of 32 KiB and more go back to the system when they are freed. By default the C library soon keeps
    /// blocks of several MB: the runtime's compiler leaves 3 MB so in an idle agent. Does nothing where the C library is not glibc.
    /// </summary>
    public static void ReturnLargeBlocks()
    {
        try
        {
            _ = Libc.mallopt(MmapThreshold, LargeBytes);
        }
        catch (EntryPointNotFoundException)
        {
            // musl gives freed memory back by itself.
        }
    }

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
