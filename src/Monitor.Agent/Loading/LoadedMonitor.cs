using Monitor.Agent.Monitors;
using Monitor.Bpf;
using Monitor.Bpf.Attaching;
using Monitor.Bpf.Rings;

namespace Monitor.Agent.Loading;

/// <summary>A monitor whose programs are in the kernel. Disposing detaches and unloads it.</summary>
internal sealed class LoadedMonitor : IDisposable
{
    private readonly IDisposable? _owner;
    private readonly Lazy<long> _memoryBytes;
    private readonly Lock _walking = new();

    /// <param name="definition">Which one.</param>
    /// <param name="maps">Its maps, owned from here on, like all that follows.</param>
    /// <param name="rings">Where its records arrive.</param>
    /// <param name="hooks">All of its hooks, attached or not.</param>
    /// <param name="notes">See <see cref="Notes"/>.</param>
    /// <param name="kernelMemory">Asks for the bytes of its programs and maps.</param>
    /// <param name="owner">What else to dispose of in the end.</param>
    public LoadedMonitor(
        MonitorDefinition definition,
        MonitorMaps maps,
        PerfRingSet rings,
        IReadOnlyList<HookState> hooks,
        IReadOnlyList<string> notes,
        Func<long> kernelMemory,
        IDisposable? owner = null)
    {
        Definition = definition;
        Maps = maps;
        Rings = rings;
        Hooks = hooks;
        Notes = notes;
        Counters = new KernelCounterMap(maps.Counters);
        _owner = owner;
        _memoryBytes = new Lazy<long>(() => kernelMemory() + ((long)rings.Count * rings.RingBytes));
    }

    public MonitorDefinition Definition { get; }

    public MonitorMaps Maps { get; }

    /// <summary>Where its records arrive.</summary>
    public PerfRingSet Rings { get; }

    /// <summary>All of its hooks, attached or not.</summary>
    public IReadOnlyList<HookState> Hooks { get; }

    /// <summary>Where it does less than it could on this machine, why, and the remedy.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>What its programs counted.</summary>
    public KernelCounterMap Counters { get; }

    /// <summary>
    /// Kernel memory of its programs and maps, and its rings. Bytes. Asked for once: the maps are preallocated, and the
    /// kernel answers through a file of /proc for each of them.
    /// </summary>
    public long MemoryBytes => _memoryBytes.Value;

    /// <summary>From now on its programs count and report, until they are detached.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void Begin()
    {
        Definition.Prepare();
        Maps.Reading.Update(0u, 1u);
    }

    /// <summary>
    /// Reports what is over without the kernel having called anybody (<see cref="MonitorDefinition.Walk"/>); the records
    /// arrive in the rings. Nothing once it is detached.
    /// </summary>
    /// <exception cref="BpfException">The kernel refused, perhaps for this moment only.</exception>
    public void Walk()
    {
        lock (_walking)
        {
            var walk = Hooks.FirstOrDefault(hook =>
                hook is { Link: not null, Definition.Attach: HookAttach.MapIterator or HookAttach.Iterator });
            if (walk?.Link is not null)
            {
                Run(walk.Link);
            }
        }
    }

    /// <summary>Runs an iterator to its end, or to the first byte that it writes: it wants no more then.</summary>
    /// <exception cref="BpfException">The kernel refused, perhaps for this moment only.</exception>
    public static void Run(BpfLink iterator)
    {
        using var pass = iterator.CreateIterator();
        Span<byte> end = stackalloc byte[1];
        pass.Read(end);
    }

    /// <summary>Detaches all hooks; what is in the rings can still be read. Any thread.</summary>
    public void Detach()
    {
        foreach (var hook in Hooks)
        {
            BpfLink? link;
            // Not over a walk that uses it. Detaching itself takes longer, and the reader must not wait for it.
            lock (_walking)
            {
                link = hook.Link;
                hook.Link = null;
            }

            link?.Dispose();
        }
    }

    public void Dispose()
    {
        Detach();
        Rings.Dispose();
        foreach (var hook in Hooks)
        {
            hook.Program?.Dispose();
        }

        Maps.Dispose();
        _owner?.Dispose();
    }
}
