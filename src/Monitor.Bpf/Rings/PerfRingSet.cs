using System.Runtime.InteropServices;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Rings;

/// <summary>
/// The rings of one perf event array map: one for each CPU that is online. <see cref="PerfRingReader.FollowCpus()"/> adds
/// those of CPUs that come online later; until then the program's output fails there, which the program counts.
/// </summary>
public sealed class PerfRingSet : IDisposable
{
    private readonly PerfBuffersHandle? _buffers;
    private readonly BpfMap? _map;
    private readonly PerfRingSetOptions _options;

    private PerfRingSet(BpfMap map, PerfRingSetOptions options)
    {
        _buffers = new PerfBuffersHandle();
        _map = map;
        _options = options;
        Name = map.Name;
    }

    private PerfRingSet(string name, PerfRing[] rings)
    {
        _options = new PerfRingSetOptions();
        Name = name;
        Rings = rings;
    }

    /// <summary>The map's name.</summary>
    public string Name { get; }

    /// <summary>Number of rings.</summary>
    public int Count => Rings.Length;

    /// <summary>Bytes of each ring.</summary>
    public int RingBytes => _options.RingBytes;

    /// <summary>Replaced as a whole by the reader's thread when the CPUs change.</summary>
    internal PerfRing[] Rings { get; private set; } = [];

    /// <summary>Opens and maps the rings and puts them into the map: from now on the programs' output arrives.</summary>
    /// <param name="map">A loaded map of type perf event array.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="BpfException">
    /// The kernel refused; EPERM usually means that the rings exceed kernel.perf_event_mlock_kb without CAP_IPC_LOCK.
    /// </exception>
    /// <exception cref="ArgumentException">The map has another type, or is too small for the CPUs.</exception>
    public static PerfRingSet Open(BpfMap map, PerfRingSetOptions? options = null) =>
        Open(map, options ?? new PerfRingSetOptions(), CpuList.Online());

    /// <summary>Removes the rings from the map and frees them, as soon as no drain uses them. May be called again.</summary>
    public void Dispose() => _buffers?.Dispose();

    /// <summary>As if only these CPUs were online.</summary>
    internal static PerfRingSet Open(BpfMap map, PerfRingSetOptions options, ReadOnlySpan<int> cpus)
    {
        ArgumentNullException.ThrowIfNull(map);
        options.Validate();
        if (map.Type != BpfMapType.PerfEventArray)
        {
            throw new ArgumentException($"Map '{map.Name}' is a {map.Type}, not a perf event array.", nameof(map));
        }

        if (cpus[^1] >= map.MaxEntries)
        {
            throw new ArgumentException(
                $"Map '{map.Name}' has {map.MaxEntries} entries, but CPU {cpus[^1]} is online: leave max_entries out.",
                nameof(map));
        }

        var set = new PerfRingSet(map, options);
        try
        {
            set.Follow(cpus, []);
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>For rings in ordinary memory, which the caller keeps.</summary>
    internal static PerfRingSet ForMemory(string name, PerfRing[] rings) => new(name, rings);

    /// <summary>
    /// Opens rings for CPUs that have none. A CPU that went offline took its perf event along, for good: its ring is freed
    /// once it has been read, and the CPU gets another one when it is back. For the reader's thread, between two drains.
    /// </summary>
    /// <param name="online">CPUs that are online, ascending.</param>
    /// <param name="opened">Gets the rings that were opened.</param>
    /// <returns>False where a ring must be read first.</returns>
    /// <exception cref="BpfException">A ring could not be opened; those of other CPUs are in use.</exception>
    internal bool Follow(ReadOnlySpan<int> online, List<PerfRing> opened)
    {
        if (_buffers is null || !TryAcquire())
        {
            return true;
        }

        var rings = new List<PerfRing>(online.Length);
        var complete = true;
        try
        {
            foreach (var ring in Rings)
            {
                if (online.Contains(ring.Cpu))
                {
                    rings.Add(ring);
                }
                else if (ring.Begin())
                {
                    rings.Add(ring);
                    complete = false;
                }
                else
                {
                    _buffers.Free(ring.Cpu);
                }
            }

            foreach (var cpu in online)
            {
                if (!rings.Exists(ring => ring.Cpu == cpu) && TryOpenRing(cpu) is { } ring)
                {
                    rings.Add(ring);
                    opened.Add(ring);
                }
            }

            return complete;
        }
        finally
        {
            Rings = [.. rings];
            Release();
        }
    }

    /// <summary>Keeps the rings mapped until <see cref="Release"/>.</summary>
    /// <returns>False where they are gone.</returns>
    internal bool TryAcquire()
    {
        if (_buffers is null)
        {
            return true;
        }

        var added = false;
        try
        {
            _buffers.DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }

        return added;
    }

    internal void Release() => _buffers?.DangerousRelease();

    // Null where the CPU went offline in the meantime.
    private unsafe PerfRing? TryOpenRing(int cpu)
    {
        var attributes = new PerfEventAttributes
        {
            Type = PerfEventAttributes.TypeSoftware,
            Size = (uint)sizeof(PerfEventAttributes),
            Config = PerfEventAttributes.ConfigBpfOutput,
            SamplePeriod = 1,
            SampleType = PerfEventAttributes.SampleRaw,
            Flags = PerfEventAttributes.FlagWatermark,
            WakeupWatermark = (uint)_options.WakeupBytes,
        };
        var native = new PerfBufferRawOptions
        {
            Size = (nuint)sizeof(PerfBufferRawOptions),
            CpuCount = 1,
            Cpus = &cpu,
            MapKeys = &cpu,
        };
        using var capture = LibbpfMessages.Capture();
        var pages = _options.RingBytes / Environment.SystemPageSize;
        var buffer = Libbpf.perf_buffer__new_raw(_map!.Descriptor, (nuint)pages, &attributes, 0, 0, &native);
        if (buffer.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            buffer.Dispose();
            if (error == Errno.ENODEV)
            {
                return null;
            }

            var words = VerifierLogText.Summarize(capture.Messages);
            throw new BpfException(
                "opening the rings of",
                Name,
                error,
                error == Errno.EPERM ? $"{words}; without CAP_IPC_LOCK, rings may not exceed kernel.perf_event_mlock_kb" : words);
        }

        _buffers!.Add(cpu, buffer);
        return RingOf(buffer, cpu);
    }

    private unsafe PerfRing RingOf(PerfBufferHandle buffer, int cpu)
    {
        var descriptor = BpfException.ThrowIfNegative(Libbpf.perf_buffer__buffer_fd(buffer, 0), "finding a ring of", Name);
        void* page;
        nuint size;
        BpfException.ThrowIfNegative(Libbpf.perf_buffer__buffer(buffer, 0, &page, &size), "finding a ring of", Name);
        var dataOffset = (ulong)Marshal.ReadInt64((nint)page, PerfRing.DataOffsetOffset);
        var dataSize = (ulong)Marshal.ReadInt64((nint)page, PerfRing.DataSizeOffset);
        return dataSize == (ulong)_options.RingBytes && dataOffset == (ulong)Environment.SystemPageSize
            ? new PerfRing(cpu, (nint)page, dataOffset, dataSize) { Descriptor = descriptor }
            : throw new BpfException(
                "mapping the rings of", Name, Errno.EINVAL, $"the kernel put {dataSize} bytes at {dataOffset}");
    }
}
