using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Bpf;
using Monitor.Bpf.Kernel;
using Monitor.Bpf.Schema;

namespace Monitor.Agent.Custom;

/// <summary>An object of the user's, read once and looked through. Nothing of it has gone to the kernel.</summary>
internal sealed class CustomObject
{
    /// <summary>What an object's name ends with.</summary>
    public const string Extension = ".bpf.o";

    private const int MaxNameLength = 32;

    // Of bpf/include/monitor.h: the agent reads and writes them as what they are there.
    private static readonly (string Name, BpfMapType[] Types, int KeySize, int ValueSize)[] NeededMaps =
    [
        ("events", [BpfMapType.PerfEventArray, BpfMapType.Ringbuf], -1, -1),
        ("counters", [BpfMapType.PerCpuArray], sizeof(uint), Unsafe.SizeOf<KernelCounters>()),
        ("reading", [BpfMapType.Array], sizeof(uint), sizeof(ulong)),
        ("excluded_pids", [BpfMapType.Hash], sizeof(uint), sizeof(byte)),
    ];

    private readonly byte[] _bytes;

    private CustomObject(string name, byte[] bytes, RecordSchema schema, ObjectInspection inspection)
    {
        Name = name;
        _bytes = bytes;
        Schema = schema;
        Inspection = inspection;
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    /// <summary>Name of the monitor: that of the file.</summary>
    public string Name { get; }

    /// <summary>Of the file, hexadecimal.</summary>
    public string Sha256 { get; }

    /// <summary>Its record.</summary>
    public RecordSchema Schema { get; }

    /// <summary>Its programs and maps.</summary>
    public ObjectInspection Inspection { get; }

    /// <summary>Looks a file through.</summary>
    /// <param name="name">Its name without extension.</param>
    /// <param name="bytes">What it holds, which may be anything.</param>
    /// <exception cref="MonitorLoadException">It is no monitor.</exception>
    public static CustomObject Read(string name, byte[] bytes)
    {
        if (Problem(name) is { } problem)
        {
            throw new MonitorLoadException(problem);
        }

        try
        {
            using var bpf = BpfObject.Open(bytes, name);
            foreach (var needed in NeededMaps)
            {
                Check(needed, bpf.Maps.FirstOrDefault(map => map.Name == needed.Name));
            }

            if (bpf.Maps.FirstOrDefault(map => map.Name == "events") is { } events && IsTooSmall(events))
            {
                throw new MonitorLoadException($"its map events has room for {events.MaxEntries} of the {BpfFeatures.PossibleCpus} CPUs: leave max_entries out");
            }

            // It would stay when the agent has ended, or be another program's.
            return bpf.Maps.FirstOrDefault(map => map.IsPinned) is { } pinned
                ? throw new MonitorLoadException($"map {pinned.Name} is pinned (LIBBPF_PIN_BY_NAME), which monitors of your own may not have")
                : new CustomObject(name, bytes, RecordSchema.Read(bpf), ObjectInspection.Of(bpf));
        }
        catch (BpfException failure)
        {
            throw new MonitorLoadException(failure.Message, failure);
        }
    }

    /// <summary>Opens it to be loaded.</summary>
    /// <exception cref="BpfException">libbpf refuses it.</exception>
    public BpfObject Open() => BpfObject.Open(_bytes, Name);

    private static void Check((string Name, BpfMapType[] Types, int KeySize, int ValueSize) needed, BpfMap? map)
    {
        if (map is null)
        {
            throw new MonitorLoadException($"it has no map {needed.Name}: include monitor.h, and call emit()");
        }

        if (!needed.Types.Contains(map.Type) || (needed.KeySize >= 0 && (map.KeySize, map.ValueSize) != (needed.KeySize, needed.ValueSize)))
        {
            throw new MonitorLoadException($"its map {needed.Name} is not that of this version's monitor.h: compile it with that");
        }
    }

    // Of the rings one for each CPU goes into it.
    private static bool IsTooSmall(BpfMap events) =>
        events is { Type: BpfMapType.PerfEventArray, MaxEntries: > 0 and var entries } && entries < BpfFeatures.PossibleCpus;

    // It is a type of events, a path of REST, and a name in a filter.
    private static string? Problem(string name) =>
        name.Length is 0 or > MaxNameLength || !char.IsAsciiLetterLower(name[0])
            || !name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '_')
            ? $"its name must be a letter and then letters, digits and _, all of them small, at most {MaxNameLength}: it is the type of its events"
        : MonitorDefinition.All.Any(builtIn => builtIn.Name == name) ? $"{name} is a monitor that comes with the agent: call the file otherwise"
        : null;
}
