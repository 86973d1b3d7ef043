using Monitor.Bpf;
using Monitor.Bpf.Btf;

namespace Monitor.Agent.Loading;

/// <summary>
/// The maps that all objects with one of a name use together (bpf/include/tcp_connections.h, tcp_listening.h). The first that
/// is loaded brings a map along; the programs keep it for as long as any of them is loaded.
/// </summary>
/// <param name="connections">Capacity of the map of connections. Null: what the object says.</param>
internal sealed class SharedMaps(uint? connections)
{
    private static readonly string[] Names = [ConnectionTable.EntriesName, ConnectionTable.CountsName, "broken", "listening"];

    private readonly Dictionary<string, BpfMap> _maps = [];

    /// <summary>What is kept of connections; null where no object that was loaded does.</summary>
    public ConnectionTable? Connections =>
        _maps.TryGetValue(ConnectionTable.EntriesName, out var entries) ? new(entries, _maps[ConnectionTable.CountsName]) : null;

    /// <summary>How the layout of what the agent reads of an object's maps differs from what it expects.</summary>
    /// <exception cref="BpfException">The object's types are unsound.</exception>
    public static IReadOnlyList<string> LayoutDifferences(BpfObject bpf) =>
    [
        .. RecordLayout.Check<KernelCounters>(bpf, "counters"),
        .. bpf.Maps.Any(map => map.Name == ConnectionTable.CountsName) ? RecordLayout.Check<EntryCounts>(bpf, "entry_counts") : [],
    ];

    /// <summary>Has an object use those that are there. Before it is loaded.</summary>
    /// <param name="bpf">The object.</param>
    /// <param name="needsOthers">It only asks what others keep of connections, and needs no room for them where none does.</param>
    /// <exception cref="BpfException">It has another layout.</exception>
    public void Use(BpfObject bpf, bool needsOthers)
    {
        if (needsOthers)
        {
            bpf.SetGlobal("connections_shared", (byte)(_maps.ContainsKey(ConnectionTable.EntriesName) ? 1 : 0));
        }

        foreach (var map in Of(bpf))
        {
            if (_maps.TryGetValue(map.Name, out var shared))
            {
                map.Share(shared);
            }
            else if (map.Name == ConnectionTable.EntriesName && (needsOthers ? 1 : connections) is { } capacity)
            {
                map.MaxEntries = capacity;
            }
        }
    }

    /// <summary>Adds those that an object brought along. After it was loaded.</summary>
    /// <param name="bpf">The object.</param>
    /// <param name="needsOthers">As for <see cref="Use"/>: its own are of no use to others.</param>
    public void Add(BpfObject bpf, bool needsOthers)
    {
        if (needsOthers)
        {
            return;
        }

        foreach (var map in Of(bpf))
        {
            _maps.TryAdd(map.Name, map);
        }
    }

    /// <summary>Whether another object brought a map of this name along.</summary>
    public bool IsOfAnother(BpfMap map) => _maps.TryGetValue(map.Name, out var shared) && shared != map;

    private static IEnumerable<BpfMap> Of(BpfObject bpf) => bpf.Maps.Where(map => Names.Contains(map.Name));
}
