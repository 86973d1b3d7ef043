using Monitor.Bpf.Attaching;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf;

/// <summary>One program of an object.</summary>
public sealed class BpfProgram
{
    private readonly BpfObjectHandle _owner;
    private readonly nint _program;

    internal BpfProgram(BpfObjectHandle owner, nint program, string name, string section)
    {
        _owner = owner;
        _program = program;
        Name = name;
        Section = section;
    }

    /// <summary>Name of the C function.</summary>
    public string Name { get; }

    /// <summary>Its ELF section, such as <c>raw_tp/kfree_skb</c>, which says where it attaches.</summary>
    public string Section { get; }

    /// <summary>
    /// The kernel's type. To be set before load, together with <see cref="ExpectedAttachType"/>, only where libbpf does
    /// not know the section.
    /// </summary>
    public BpfProgramType Type
    {
        get => Get(Libbpf.bpf_program__type);
        set => Set(Libbpf.bpf_program__set_type, value, "setting the type of");
    }

    /// <summary>The type in short words: "raw tracepoint", "cgroup", …; for lists that people read.</summary>
    public string TypeName => ProgramTypeNames.Describe(Type, ExpectedAttachType);

    /// <summary>Where in the kernel it expects to be attached; to be set before load.</summary>
    public BpfAttachType ExpectedAttachType
    {
        get => Get(Libbpf.bpf_program__expected_attach_type);
        set => Set(Libbpf.bpf_program__set_expected_attach_type, value, "setting the attach type of");
    }

    /// <summary>Whether <see cref="BpfObject.Load"/> loads it. Default true, false for sections that start with "?".</summary>
    public bool AutoLoad
    {
        get => Get(Libbpf.bpf_program__autoload);
        set => Set(Libbpf.bpf_program__set_autoload, value, "setting autoload of");
    }

    /// <summary>Whether it is in the kernel.</summary>
    public bool IsLoaded => Loaded is { Descriptor.IsClosed: false };

    /// <summary>
    /// The program in the kernel, by a descriptor of its own, so that it does not depend on the object; null before the
    /// load. The object closes it when it is disposed.
    /// </summary>
    public LoadedProgram? Loaded { get; private set; }

    /// <summary>
    /// Attaches it where its section says: raw_tp, tp_btf, tracepoint, kprobe, fentry, fexit, iter and others that need
    /// no target beyond the name.
    /// </summary>
    /// <returns>The attachment; it ends when disposed, and with the process.</returns>
    /// <exception cref="BpfException">The kernel refused, the hook does not exist, or tracefs is not mounted.</exception>
    /// <exception cref="InvalidOperationException">The program is not loaded.</exception>
    public BpfLink Attach() => ProgramAttacher.Attach(this, Libbpf.bpf_program__attach);

    /// <summary>Attaches a cgroup program to a cgroup, beside others that are attached there (kernel 5.7 and later).</summary>
    /// <param name="cgroup">The cgroup2 mount for all processes, or a directory below it.</param>
    /// <inheritdoc cref="Attach"/>
    public BpfLink AttachCgroup(CgroupMount cgroup)
    {
        ArgumentNullException.ThrowIfNull(cgroup);
        return ProgramAttacher.AttachCgroup(this, cgroup.Path);
    }

    /// <summary>Attaches an iterator over the elements of a map (iter/bpf_map_elem, 5.8).</summary>
    /// <param name="map">A loaded map of a type that can be iterated: hashes and arrays.</param>
    /// <inheritdoc cref="Attach"/>
    public BpfLink AttachIterator(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return ProgramAttacher.AttachIterator(this, map.Descriptor);
    }

    /// <summary>
    /// Attaches an XDP program to a network interface (a link: 5.9). An interface has one at a time. Where the driver has no
    /// XDP, the kernel runs it later, in its own code.
    /// </summary>
    /// <param name="interfaceIndex">See <see cref="InterfaceIndex.Of"/>.</param>
    /// <inheritdoc cref="Attach"/>
    public BpfLink AttachXdp(int interfaceIndex) => InterfaceAttacher.AttachXdp(this, interfaceIndex);

    /// <summary>
    /// Attaches a program of traffic control to a network interface, beside others: as a link (6.6), or as a filter of the
    /// clsact qdisc, which is made where it is not there, and stays. One that only watches returns -1, so that those behind
    /// it run.
    /// </summary>
    /// <param name="interfaceIndex">See <see cref="InterfaceIndex.Of"/>.</param>
    /// <param name="direction">Which packets it sees.</param>
    /// <inheritdoc cref="Attach"/>
    public BpfLink AttachTrafficControl(int interfaceIndex, TrafficDirection direction) =>
        InterfaceAttacher.AttachTrafficControl(this, interfaceIndex, direction);

    /// <summary>Has a perf_event program run on each CPU that is online now, by a software clock.</summary>
    /// <param name="frequency">How often per second and CPU; idle CPUs are left alone.</param>
    /// <returns>One attachment per CPU.</returns>
    /// <inheritdoc cref="Attach"/>
    public IReadOnlyList<BpfLink> AttachPerfEvents(int frequency) => PerfEventAttacher.Attach(this, frequency);

    /// <summary>
    /// Has the kernel run the program now, on what it is given, for a test; it is attached to nothing. For programs that see
    /// packets (tc, xdp, cgroup_skb: 4.12), which want a packet of at least 14 bytes, and raw tracepoints (5.10), which want
    /// their arguments as the context and nothing else. Those of tp_btf, fentry, kprobe and others are refused.
    /// </summary>
    /// <param name="packet">From the Ethernet header on; empty for none.</param>
    /// <param name="context">What the program is called with, such as a struct __sk_buff or eight bytes for each argument; empty: zeros.</param>
    /// <param name="repeat">How often it runs, for <see cref="Monitor.Bpf.TestRun.Nanoseconds"/>; 0: once. Raw tracepoints accept 0 alone.</param>
    /// <exception cref="BpfException">The kernel refused: EINVAL for what the type does not accept, ENOTSUPP (524) for the type.</exception>
    /// <exception cref="InvalidOperationException">The program is not loaded.</exception>
    public TestRun TestRun(ReadOnlySpan<byte> packet = default, ReadOnlySpan<byte> context = default, int repeat = 0) =>
        TestRunner.Run(LoadedOrThrow(), packet, context, repeat);

    /// <summary>Figures of the loaded program.</summary>
    /// <exception cref="InvalidOperationException">It is not loaded.</exception>
    public BpfProgramStatistics GetStatistics() => LoadedOrThrow().GetStatistics();

    /// <exception cref="InvalidOperationException">It is not loaded.</exception>
    internal LoadedProgram LoadedOrThrow() =>
        Loaded ?? throw new InvalidOperationException($"Program '{Name}' is not loaded.");

    /// <summary>Calls libbpf with the program while its object is sure to live.</summary>
    internal T Use<T>(Func<nint, T> call)
    {
        using var borrowed = new BorrowedHandle(_owner);
        return call(_program);
    }

    internal void TakeDescriptor()
    {
        var borrowed = Libbpf.bpf_program__fd(_program);
        if (borrowed >= 0)
        {
            Loaded = LoadedProgram.Duplicate(borrowed, Name);
        }
    }

    internal void Release() => Loaded?.Dispose();

    private T Get<T>(Func<nint, T> getter) => Use(getter);

    private void Set<T>(Func<nint, T, int> setter, T value, string operation) =>
        BpfException.ThrowIfNegative(Use(p => setter(p, value)), operation, Name);
}
