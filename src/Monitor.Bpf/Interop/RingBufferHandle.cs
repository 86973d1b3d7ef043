using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Monitor.Bpf.Interop;

/// <summary>The two mappings of a ring buffer map: the reader's page, and the writer's page with the data behind it.</summary>
internal sealed class RingBufferHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly nuint _producerLength;

    private RingBufferHandle(nint consumer, nint producer, nuint producerLength)
        : base(ownsHandle: true)
    {
        SetHandle(consumer);
        Producer = producer;
        _producerLength = producerLength;
    }

    /// <summary>The page that the reader writes.</summary>
    internal nint Consumer => handle;

    /// <summary>The page that the kernel writes; the data follow, twice, so that no record wraps.</summary>
    internal nint Producer { get; }

    /// <param name="map">A map of type ring buffer.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="name">For messages.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    internal static RingBufferHandle Map(FileDescriptorHandle map, int bytes, string name)
    {
        var page = (nuint)Environment.SystemPageSize;
        var length = page + (2 * (nuint)bytes);
        var consumer = Libc.mmap(0, page, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, map, 0);
        if (consumer == -1)
        {
            throw BpfException.FromLastError("mapping the ring buffer", name);
        }

        var producer = Libc.mmap(0, length, Libc.PROT_READ, Libc.MAP_SHARED, map, (nint)page);
        if (producer == -1)
        {
            var error = Marshal.GetLastPInvokeError();
            _ = Libc.munmap(consumer, page);
            throw new BpfException("mapping the ring buffer", name, error, null);
        }

        return new RingBufferHandle(consumer, producer, length);
    }

    protected override bool ReleaseHandle() =>
        Libc.munmap(Producer, _producerLength) == 0 & Libc.munmap(handle, (nuint)Environment.SystemPageSize) == 0;
}
