using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Monitor.Bpf.Interop;

/// <summary>The mapped ring of a perf event, and with it the event.</summary>
internal sealed unsafe class PerfRingHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly FileDescriptorHandle _event;
    private readonly nuint _length;

    private PerfRingHandle(nint address, nuint length, FileDescriptorHandle @event)
        : base(ownsHandle: true)
    {
        SetHandle(address);
        _length = length;
        _event = @event;
    }

    /// <summary>The perf event's descriptor.</summary>
    internal int Descriptor => _event.Number;

    /// <summary>Where struct perf_event_mmap_page begins.</summary>
    internal nint Address => handle;

    /// <summary>Maps the ring of a perf event; the kernel allocates it.</summary>
    /// <param name="event">Is owned from here on, also where this throws.</param>
    /// <param name="ringBytes">Without the page before it.</param>
    /// <param name="name">For messages.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    internal static PerfRingHandle Map(FileDescriptorHandle @event, int ringBytes, string name)
    {
        var length = (nuint)(Environment.SystemPageSize + ringBytes);
        var address = Libc.mmap(0, length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, @event, 0);
        if (address == -1)
        {
            var error = Marshal.GetLastPInvokeError();
            @event.Dispose();
            throw new BpfException(
                "mapping a ring of",
                name,
                error,
                error == Errno.EPERM ? "without CAP_IPC_LOCK, rings may not exceed kernel.perf_event_mlock_kb" : null);
        }

        return new PerfRingHandle(address, length, @event);
    }

    protected override bool ReleaseHandle()
    {
        _event.Dispose();
        return Libc.munmap(handle, _length) == 0;
    }
}

/// <summary>The rings of one map, one for each CPU, so that each can be freed by itself.</summary>
internal sealed unsafe class PerfRingsHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly Dictionary<int, PerfRingHandle> _rings = [];
    private readonly FileDescriptorHandle _map;

    // There is no native object behind it: any value that is not invalid.
    internal PerfRingsHandle(FileDescriptorHandle map)
        : base(ownsHandle: true)
    {
        _map = map;
        SetHandle(1);
    }

    /// <summary>Owns it from here on.</summary>
    internal void Add(int cpu, PerfRingHandle ring) => _rings.Add(cpu, ring);

    /// <summary>Removes the CPU's ring from the map and frees it.</summary>
    internal void Free(int cpu)
    {
        if (_rings.Remove(cpu, out var ring))
        {
            if (!_map.IsClosed)
            {
                // What is left where this is refused is an event without a ring: output to it fails, and is counted.
                _ = Libbpf.bpf_map_delete_elem(_map, &cpu);
            }

            ring.Dispose();
        }
    }

    protected override bool ReleaseHandle()
    {
        foreach (var cpu in _rings.Keys.ToList())
        {
            Free(cpu);
        }

        return true;
    }
}
