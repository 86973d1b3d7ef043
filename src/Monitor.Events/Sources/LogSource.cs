using System.Text;

namespace Monitor.Events;

/// <summary>One run of one agent whose events a log takes in; made by <see cref="EventLog.AddSource"/>.</summary>
public sealed class LogSource
{
    private LogSource? _next;

    internal LogSource(ulong epoch, string nodeName, SourcePoint start, int slot)
    {
        Epoch = epoch;
        NodeName = nodeName;
        NodeHash = HashOf(nodeName);
        Start = start;
        Slot = slot;
    }

    /// <summary>Identity of the run; see <see cref="Protocol.BootEpoch"/>.</summary>
    public ulong Epoch { get; }

    /// <summary>The node whose events these are.</summary>
    public string NodeName { get; }

    /// <summary>What precedes this place in the agent's log is not known here.</summary>
    public SourcePoint Start { get; }

    /// <summary>By which tokens of other aggregators recognise the node.</summary>
    internal uint NodeHash { get; }

    /// <summary>The source of the same agent that came after this one, of a later run or, where this one was retired, of
    /// the same; null while there is none.</summary>
    internal LogSource? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }

    /// <summary>By which tokens name it.</summary>
    internal SourceKey Key => new(Epoch, NodeHash);

    /// <summary>Its place in the log's marks. Runs of the same node share it, one after the other.</summary>
    internal int Slot { get; }

    // FNV-1a: the same in every process. Of 1000 nodes, two share a hash once in 9000 clusters; then a restart of one of
    // them during an absence of the aggregator can go unreported.
    private static uint HashOf(string nodeName)
    {
        var hash = 2166136261u;
        foreach (var value in Encoding.UTF8.GetBytes(nodeName))
        {
            hash = (hash ^ value) * 16777619u;
        }

        return hash;
    }
}
