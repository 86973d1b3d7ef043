using System.Runtime.InteropServices;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Rings;

/// <summary>
/// The rings of one perf event array map, one for each CPU that is online when it is opened. A CPU that comes online
/// later has none: the program's output fails there, which the program counts.
/// </summary>
public sealed class PerfRingSet : IDisposable
{
    private readonly PerfBufferHandle? _handle;

    private PerfRingSet(PerfBufferHandle? handle, string name, int ringBytes, PerfRing[] rings, int[] descriptors)
    {
        RingBytes = ringBytes;
        _handle = handle;
        Name = name;
        Rings = rings;
        Descriptors = descriptors;
    }

    /// <summary>The map's name.</summary>
    public string Name { get; }

    /// <summary>Number of rings.</summary>
    public int Count => Rings.Length;

    /// <summary>Bytes of each ring.</summary>
    public int RingBytes { get; }

    internal PerfRing[] Rings { get; }

    /// <summary>The rings' perf events, in the same order; owned by the handle.</summary>
    internal int[] Descriptors { get; }

    /// <summary>Opens and maps the rings and puts them into the map: from now on the programs' output arrives.</summary>
    /// <param name="map">A loaded map of type perf event array.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="BpfException">
    /// The kernel refused; EPERM usually means that the rings exceed kernel.perf_event_mlock_kb without CAP_IPC_LOCK.
    /// </exception>
    /// <exception cref="ArgumentException">The map has another type, or is too small for the CPUs.</exception>
    public static unsafe PerfRingSet Open(BpfMap map, PerfRingSetOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        options ??= new PerfRingSetOptions();
        options.Validate();
        if (map.Type != BpfMapType.PerfEventArray)
        {
            throw new ArgumentException($"Map '{map.Name}' is a {map.Type}, not a perf event array.", nameof(map));
        }

        var cpus = CpuList.Online();
        if (cpus[^1] >= map.MaxEntries)
        {
            throw new ArgumentException(
                $"Map '{map.Name}' has {map.MaxEntries} entries, but CPU {cpus[^1]} is online: leave max_entries out.",
                nameof(map));
        }

        var attributes = new PerfEventAttributes
        {
            Type = PerfEventAttributes.TypeSoftware,
            Size = (uint)sizeof(PerfEventAttributes),
            Config = PerfEventAttributes.ConfigBpfOutput,
            SamplePeriod = 1,
            SampleType = PerfEventAttributes.SampleRaw,
            Flags = PerfEventAttributes.FlagWatermark,
            WakeupWatermark = (uint)options.WakeupBytes,
        };
        var pages = options.RingBytes / Environment.SystemPageSize;
        using var capture = LibbpfMessages.Capture();
        PerfBufferHandle handle;
        fixed (int* cpuPointer = cpus)
        {
            var native = new PerfBufferRawOptions
            {
                Size = (nuint)sizeof(PerfBufferRawOptions),
                CpuCount = cpus.Length,
                Cpus = cpuPointer,
                MapKeys = cpuPointer,
            };
            handle = Libbpf.perf_buffer__new_raw(map.Descriptor, (nuint)pages, &attributes, 0, 0, &native);
        }

        if (handle.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            var words = VerifierLogText.Summarize(capture.Messages);
            throw new BpfException(
                "opening the rings of",
                map.Name,
                error,
                error == Errno.EPERM ? $"{words}; without CAP_IPC_LOCK, rings may not exceed kernel.perf_event_mlock_kb" : words);
        }

        try
        {
            return Create(handle, map.Name, cpus, options.RingBytes);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Removes the rings from the map and frees them, as soon as no drain uses them. May be called again.</summary>
    public void Dispose() => _handle?.Dispose();

    /// <summary>For rings in ordinary memory, which the caller keeps.</summary>
    internal static PerfRingSet ForMemory(string name, PerfRing[] rings) => new(null, name, 0, rings, []);

    /// <summary>Keeps the rings mapped until <see cref="Release"/>.</summary>
    /// <returns>False where they are gone.</returns>
    internal bool TryAcquire()
    {
        if (_handle is null)
        {
            return true;
        }

        var added = false;
        try
        {
            _handle.DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }

        return added;
    }

    internal void Release() => _handle?.DangerousRelease();

    private static unsafe PerfRingSet Create(PerfBufferHandle handle, string name, int[] cpus, int ringBytes)
    {
        var rings = new PerfRing[cpus.Length];
        var descriptors = new int[cpus.Length];
        for (var i = 0; i < cpus.Length; i++)
        {
            descriptors[i] = BpfException.ThrowIfNegative(
                Libbpf.perf_buffer__buffer_fd(handle, (nuint)i), "finding a ring of", name);
            void* page;
            nuint size;
            BpfException.ThrowIfNegative(Libbpf.perf_buffer__buffer(handle, i, &page, &size), "finding a ring of", name);
            var dataOffset = (ulong)Marshal.ReadInt64((nint)page, PerfRing.DataOffsetOffset);
            var dataSize = (ulong)Marshal.ReadInt64((nint)page, PerfRing.DataSizeOffset);
            if (dataSize != (ulong)ringBytes || dataOffset != (ulong)Environment.SystemPageSize)
            {
                throw new BpfException(
                    "mapping the rings of", name, Errno.EINVAL, $"the kernel put {dataSize} bytes at {dataOffset}");
            }

            rings[i] = new PerfRing(cpus[i], (nint)page, dataOffset, dataSize);
        }

        return new PerfRingSet(handle, name, ringBytes, rings, descriptors);
    }
}
