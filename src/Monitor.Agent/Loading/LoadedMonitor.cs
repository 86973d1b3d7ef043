using Monitor.Agent.Monitors;
using Monitor.Bpf;
using Monitor.Bpf.Attaching;
using Monitor.Bpf.Rings;

namespace Monitor.Agent.Loading;

/// <summary>A monitor whose programs are in the kernel. Disposing detaches and unloads it.</summary>
internal sealed class LoadedMonitor : IDisposable
{
    /// <summary>All events pass.</summary>
    public const ulong NoLimit = ulong.MaxValue;

    private readonly IDisposable? _owner;
    private readonly Lazy<long> _memoryBytes;
    private readonly Lock _walking = new();

    /// <param name="definition">Which one.</param>
    /// <param name="maps">Its maps, owned from here on, like all that follows.</param>
    /// <param name="rings">Where its records arrive.</param>
    /// <param name="hooks">All of its hooks, attached or not.</param>
    /// <param name="notes">See <see cref="Notes"/>.</param>
    /// <param name="kernelMemory">Asks for the bytes of its programs and maps.</param>
    /// <param name="buffer">Where its records arrive instead of the rings. Null: in the rings.</param>
    /// <param name="owner">What else to dispose of in the end.</param>
    public LoadedMonitor(
        MonitorDefinition definition,
        MonitorMaps maps,
        PerfRingSet rings,
        IReadOnlyList<HookState> hooks,
        IReadOnlyList<string> notes,
        Func<long> kernelMemory,
        RingBuffer? buffer = null,
        IDisposable? owner = null)
    {
        Definition = definition;
        Maps = maps;
        Rings = rings;
        Buffer = buffer;
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

    /// <summary>Where its records arrive, of all CPUs together, where a user's own monitor wants it so; null: in the rings.</summary>
    public RingBuffer? Buffer { get; }

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
    /// <param name="eventsPerSecond">See <see cref="Limit"/>.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void Begin(ulong eventsPerSecond)
    {
        Definition.Prepare();
        Limit(eventsPerSecond);
    }

    /// <summary>Changes how many events per second the programs let pass; more are counted as rate-limited.</summary>
    /// <param name="eventsPerSecond">1 and more; <see cref="NoLimit"/>.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void Limit(ulong eventsPerSecond) => Maps.Reading.Update(0u, eventsPerSecond);

    /// <summary>
    /// Reports what is over without the kernel having called anybody (<see cref="MonitorDefinition.Walk"/>); the records
    /// arrive in the rings. Nothing once it is detached.
    /// </summary>
    /// <exception cref="BpfException">The kernel refused, perhaps for this moment only.</exception>
    public void Walk()
    {
        lock (_walking)
        {
            foreach (var hook in Hooks)
            {
                if (hook is { Link: { } walk, Definition.Attach: HookAttach.MapIterator or HookAttach.Iterator })
                {
                    Run(walk);
                }
            }
        }
    }

    /// <summary>Whether it is attached only while somebody asks for its events.</summary>
    public bool IsOnDemand { get; set; }

    /// <summary>Whether it is not attached for now.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>
    /// Detaches what costs the machine something and can be attached again: all but the iterators, and on some kernels the
    /// programs of fentry and fexit, which find no work while the others are away. Not together with <see cref="Resume"/>.
    /// </summary>
    public void Pause()
    {
        IsPaused = true;
        foreach (var hook in Hooks.Where(LaterAttaching.Can))
        {
            if (hook.Link is not null && LaterAttaching.CanAgain(hook))
            {
                Release(hook);
            }
        }
    }

    /// <summary>Attaches again what <see cref="Pause"/> detached.</summary>
    /// <exception cref="BpfException">The kernel refused; it stays paused.</exception>
    /// <exception cref="MonitorLoadException">There is no cgroup2 mount any more; it stays paused.</exception>
    public void Resume()
    {
        try
        {
            foreach (var hook in Hooks.Where(LaterAttaching.Can))
            {
                hook.Link ??= LaterAttaching.Attach(hook);
            }

            // What came to be in the meantime.
            foreach (var hook in Hooks.Where(hook => hook is { Link: not null, Definition.Attach: HookAttach.Once }))
            {
                Run(hook.Link!);
            }
        }
        catch
        {
            Pause();
            throw;
        }

        IsPaused = false;
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
            Release(hook);
        }
    }

    private void Release(HookState hook)
    {
        BpfLink? link;
        IReadOnlyList<BpfLink> others;
        // Not over a walk that uses it. Detaching itself takes longer, and the reader must not wait for it.
        lock (_walking)
        {
            link = hook.Link;
            others = hook.OtherLinks;
            hook.Link = null;
            hook.OtherLinks = [];
        }

        link?.Dispose();
        foreach (var other in others)
        {
            other.Dispose();
        }
    }

    public void Dispose()
    {
        Detach();
        Rings.Dispose();
        Buffer?.Dispose();
        foreach (var hook in Hooks)
        {
            hook.Program?.Dispose();
        }

        Maps.Dispose();
        _owner?.Dispose();
    }
}
