using System.Runtime.InteropServices;
using Monitor.Bpf.Interop;
using Monitor.Bpf.Kernel;

namespace Monitor.Bpf.Rings;

/// <summary>
/// The rings of one perf event array map: one for each CPU that is online. <see cref="PerfRingReader.FollowCpus()"/> adds
/// those of CPUs that come online later; until then the program's output fails there, which the program counts.
/// </summary>
public sealed class PerfRingSet : IDisposable
{
    private readonly PerfRingsHandle? _handles;
    private readonly BpfMap? _map;
    private readonly PerfRingSetOptions _options;

    private PerfRingSet(BpfMap map, PerfRingSetOptions options)
    {
        _handles = new PerfRingsHandle(map.Descriptor);
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

    /// <summary>
    /// CPUs that are online and have no ring: what happens there is lost, and the program counts it. Replaced as a whole by
    /// the reader's thread.
    /// </summary>
    public IReadOnlyList<int> UnwatchedCpus { get; private set; } = [];

    /// <summary>The perf events, by CPU, for an image of this process that resumes with them. They stay owned by this.</summary>
    public IReadOnlyList<PerfEvent> Events => [.. Rings.Select(ring => new PerfEvent(ring.Cpu, ring.Descriptor))];

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

    /// <summary>
    /// Maps the rings of perf events that an earlier image of this process opened and put into the map. Whatever was in
    /// them is gone. Needs no capability but, for large rings, CAP_IPC_LOCK.
    /// </summary>
    /// <param name="map">The map that the events are in.</param>
    /// <param name="options">The sizes that <see cref="Open(BpfMap, PerfRingSetOptions)"/> was called with.</param>
    /// <param name="events">One for each CPU. Their descriptors are taken over, also where this throws.</param>
    /// <exception cref="BpfException">A descriptor is no perf event, or the kernel refused.</exception>
    public static PerfRingSet Resume(BpfMap map, PerfRingSetOptions options, IReadOnlyList<PerfEvent> events)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(events);
        options.Validate();
        CheckType(map);
        var set = new PerfRingSet(map, options);
        try
        {
            var rings = new List<PerfRing>(events.Count);
            foreach (var (cpu, descriptor) in events)
            {
                var perfEvent = InheritedDescriptor.Take(descriptor, InheritedDescriptor.PerfEvent, map.Name);
                var ring = PerfRingHandle.Map(perfEvent, options.RingBytes, map.Name);
                set._handles!.Add(cpu, ring);
                rings.Add(set.RingOf(ring, cpu));
            }

            set.Rings = [.. rings];
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>Removes the rings from the map and frees them, as soon as no drain uses them. May be called again.</summary>
    public void Dispose() => _handles?.Dispose();

    /// <summary>As if only these CPUs were online.</summary>
    internal static PerfRingSet Open(BpfMap map, PerfRingSetOptions options, ReadOnlySpan<int> cpus)
    {
        ArgumentNullException.ThrowIfNull(map);
        options.Validate();
        CheckType(map);
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

    /// <summary>Without a ring, for a program that has another way out.</summary>
    /// <param name="name">The map's name.</param>
    public static PerfRingSet Empty(string name) => new(name, []);

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
        if (_handles is null || !TryAcquire())
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
                    _handles.Free(ring.Cpu);
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
            UnwatchedCpus = [.. online.ToArray().Where(cpu => !rings.Exists(ring => ring.Cpu == cpu))];
            Release();
        }
    }

    /// <summary>Keeps the rings mapped until <see cref="Release"/>.</summary>
    /// <returns>False where they are gone.</returns>
    internal bool TryAcquire()
    {
        if (_handles is null)
        {
            return true;
        }

        var added = false;
        try
        {
            _handles.DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }

        return added;
    }

    internal void Release() => _handles?.DangerousRelease();

    private static void CheckType(BpfMap map)
    {
        if (map.Type != BpfMapType.PerfEventArray)
        {
            throw new ArgumentException($"Map '{map.Name}' is a {map.Type}, not a perf event array.", nameof(map));
        }
    }

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
        var perfEvent = Libc.perf_event_open(&attributes, -1, cpu, -1, Libc.PERF_FLAG_FD_CLOEXEC);
        if (perfEvent.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == Errno.ENODEV ? null : throw new BpfException(
                "opening a ring of", Name, error, PerfEventAccess.Explain(error) ?? $"on CPU {cpu}");
        }

        var ring = PerfRingHandle.Map(perfEvent, _options.RingBytes, Name);
        _handles!.Add(cpu, ring);
        var descriptor = ring.Descriptor;
        if (Libc.ioctl(perfEvent, Libc.PERF_EVENT_IOC_ENABLE, 0) != 0)
        {
            throw BpfException.FromLastError("enabling a ring of", Name);
        }

        BpfException.ThrowIfNegative(
            Libbpf.bpf_map_update_elem(_map!.Descriptor, &cpu, &descriptor, 0), "putting a ring into map", Name);
        return RingOf(ring, cpu);
    }

    private PerfRing RingOf(PerfRingHandle ring, int cpu)
    {
        var dataOffset = (ulong)Marshal.ReadInt64(ring.Address, PerfRing.DataOffsetOffset);
        var dataSize = (ulong)Marshal.ReadInt64(ring.Address, PerfRing.DataSizeOffset);
        return dataSize == (ulong)_options.RingBytes && dataOffset == (ulong)Environment.SystemPageSize
            ? new PerfRing(cpu, ring.Address, dataOffset, dataSize) { Descriptor = ring.Descriptor }
            : throw new BpfException(
                "mapping the rings of", Name, Errno.EINVAL, $"the kernel put {dataSize} bytes at {dataOffset}");
    }
}
