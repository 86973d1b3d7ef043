using System.Security.Cryptography;
using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Bpf;
using Monitor.Bpf.Schema;

namespace Monitor.Agent.Custom;

/// <summary>An object of the user's, read once and looked through. Nothing of it has gone to the kernel.</summary>
internal sealed class CustomObject
{
    /// <summary>What an object's name ends with.</summary>
    public const string Extension = ".bpf.o";

    private const int MaxNameLength = 32;

    // Of bpf/include/monitor.h.
    private static readonly string[] NeededMaps = ["events", "counters", "reading", "excluded_pids"];

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
            var missing = NeededMaps.Where(map => !bpf.Maps.Any(other => other.Name == map)).ToList();
            return missing.Count == 0
                ? new CustomObject(name, bytes, RecordSchema.Read(bpf), ObjectInspection.Of(bpf))
                : throw new MonitorLoadException($"it has no map {string.Join(", ", missing)}: include monitor.h, and call emit()");
        }
        catch (BpfException failure)
        {
            throw new MonitorLoadException(failure.Message, failure);
        }
    }

    /// <summary>Opens it to be loaded.</summary>
    /// <exception cref="BpfException">libbpf refuses it.</exception>
    public BpfObject Open() => BpfObject.Open(_bytes, Name);

    // It is a type of events, a path of REST, and a name in a filter.
    private static string? Problem(string name) =>
        name.Length is 0 or > MaxNameLength || !char.IsAsciiLetterLower(name[0])
            || !name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '_')
            ? $"its name must be a letter and then letters, digits and _, all of them small, at most {MaxNameLength}: it is the type of its events"
        : MonitorDefinition.All.Any(builtIn => builtIn.Name == name) ? $"{name} is a monitor that comes with the agent: call the file otherwise"
        : null;
}
