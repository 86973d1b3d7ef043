using Monitor.Agent.Encoding;
using Monitor.Bpf;
using Monitor.Bpf.Btf;
using Monitor.Server.Settings;

namespace Monitor.Agent.Monitors;

/// <summary>
/// One monitor: the BPF object <c>NAME.bpf.o</c> that produces one type of events, where its programs attach, and how a
/// record becomes an event. Every class that derives from this one, with a constructor without parameters, is a built-in monitor.
/// </summary>
internal abstract class MonitorDefinition
{
    /// <summary>Name of the monitor, of its object's file, and of the type of its events.</summary>
    public abstract string Name { get; }

    /// <summary>What it reports, in a sentence.</summary>
    public abstract string Description { get; }

    /// <summary>Its hooks, in the order in which they are attached.</summary>
    public abstract IReadOnlyList<HookDefinition> Hooks { get; }

    /// <summary>Bytes of a record; a shorter one cannot be decoded.</summary>
    public abstract int RecordBytes { get; }

    /// <summary>Whether it comes with the agent; the others are of the user's own.</summary>
    public virtual bool IsBuiltIn => true;

    /// <summary>Whether it is loaded where nobody says which programs are.</summary>
    public virtual bool OnByDefault => true;

    /// <summary>Another monitor whose programs it builds upon. Null: it stands alone.</summary>
    public virtual string? Needs => null;

    /// <summary>Whether it takes from the map of connections whose an event is.</summary>
    public virtual bool UsesConnections => false;

    /// <summary>Whether it does so only where another monitor, loaded before it, fills that map.</summary>
    public virtual bool OnlyAsksForConnections => false;

    /// <summary>Memory of all its rings together where the kernel allows it. Bytes.</summary>
    public virtual int RingBudgetBytes => 16 << 20;

    /// <summary>How it reports what the kernel calls nobody for. Null: it need not.</summary>
    public virtual PeriodicWalk? Walk => null;

    /// <summary>Opens its object, to be loaded; each time anew.</summary>
    /// <param name="folder">Where the objects of built-in monitors are.</param>
    /// <exception cref="BpfException">It is not a sound object.</exception>
    /// <exception cref="Loading.MonitorLoadException">There is none.</exception>
    public virtual BpfObject Open(string folder)
    {
        var path = Path.Combine(folder, $"{Name}.bpf.o");
        return File.Exists(path)
            ? BpfObject.Open(path)
            : throw new Loading.MonitorLoadException(
                $"{path} does not exist; build it (./build.sh), or name its folder with --bpf-folder");
    }

    /// <summary>Says how the layout of the object's records differs from what <see cref="Decode"/> reads.</summary>
    public abstract IReadOnlyList<string> LayoutDifferences(BpfObject bpf);

    /// <summary>Takes the settings that only this monitor has. Before it is loaded.</summary>
    public virtual void UseSettings(SettingValues settings)
    {
    }

    /// <summary>Sets the knobs that only this monitor's object has, before it is loaded.</summary>
    /// <param name="bpf">The object.</param>
    /// <param name="kernel">The running kernel's types; null where it has no BTF.</param>
    /// <param name="lastResort">Whether the hooks of <see cref="HookRole.LastResort"/> are used. Those that are not have no
    /// <see cref="BpfProgram.AutoLoad"/>.</param>
    public virtual void Configure(BpfObject bpf, KernelBtf? kernel, bool lastResort)
    {
    }

    /// <summary>
    /// Names that <see cref="Configure"/> took from the kernel and that decoding needs, by their numbers in records; they go
    /// along where another image of the process reads. Empty where the monitor has none.
    /// </summary>
    public virtual IReadOnlyDictionary<uint, string> KernelNames => new Dictionary<uint, string>();

    /// <summary>Takes the <see cref="KernelNames"/> that another image found.</summary>
    /// <param name="names">Any names.</param>
    public virtual void UseKernelNames(IReadOnlyDictionary<uint, string> names)
    {
    }

    /// <summary>Reads what decoding needs of this machine: now, and not while records wait.</summary>
    public virtual void Prepare()
    {
    }

    /// <summary>Writes what a record says into an event that has been begun.</summary>
    /// <param name="record">At least <see cref="RecordBytes"/>, of any content.</param>
    /// <param name="encoder">Takes the event.</param>
    /// <returns>False where the record makes no sense; what was written is dropped.</returns>
    public abstract bool Decode(ReadOnlySpan<byte> record, EventEncoder encoder);

    /// <summary>All built-in monitors, by name.</summary>
    public static IReadOnlyList<MonitorDefinition> All { get; } =
    [
        .. typeof(MonitorDefinition).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(MonitorDefinition))
                && type.GetConstructor(Type.EmptyTypes) is not null)
            .Select(type => (MonitorDefinition)Activator.CreateInstance(type)!)
            .OrderBy(monitor => monitor.Name, StringComparer.Ordinal),
    ];
}
