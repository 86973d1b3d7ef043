using System.Text;
using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>
/// One run of one agent from which the entries of a log come: each entry is the copy of an entry in the log of its
/// origin. Made by <see cref="EventLog.AddOrigin"/>. Any thread.
/// </summary>
public sealed class Origin
{
    private Origin? _next;

    // What was noted last, and before that.
    private (NotedLosses Last, NotedLosses Before) _losses = (NotedLosses.None, NotedLosses.None);
    private readonly Lock _lossesLock = new();

    internal Origin(ulong epoch, string nodeName, OriginPoint start, int slot, long number)
    {
        Epoch = epoch;
        NodeName = nodeName;
        Start = start;
        Slot = slot;
        Number = number;
        Key = new OriginKey(epoch, HashOf(nodeName));
    }

    /// <summary>Identity of the run; see <see cref="BootEpoch"/>.</summary>
    public ulong Epoch { get; }

    /// <summary>Name of the agent's node.</summary>
    public string NodeName { get; }

    /// <summary>Where this log's copy starts: entries before this point of the agent's log are unknown here.</summary>
    public OriginPoint Start { get; }

    /// <summary>Identity in resume tokens.</summary>
    internal OriginKey Key { get; }

    /// <summary>
    /// The origin of the same agent that replaced this one: a later run or, if this one was retired, maybe the same run.
    /// Null if there is none yet.
    /// </summary>
    internal Origin? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }

    /// <summary>Index of its <see cref="OriginMark"/>. Successive origins of the same agent share it.</summary>
    internal int Slot { get; }

    /// <summary>Notes the losses that precede a place in its log, by cause, as its agent's resume token has them: with them a later
    /// run of this program resumes there. Any thread.</summary>
    /// <param name="position">The place.</param>
    /// <param name="losses">The losses.</param>
    public void NoteLosses(long position, ReadOnlySpan<ulong> losses)
    {
        lock (_lossesLock)
        {
            if (!losses.SequenceEqual(_losses.Last.Counts))
            {
                _losses = (new NotedLosses(position, losses.ToArray()), _losses.Last);
            }
        }
    }

    /// <summary>What was noted of the losses up to a place; not all of them where that is not known.</summary>
    public IReadOnlyList<ulong> LossesAt(long position)
    {
        lock (_lossesLock)
        {
            return _losses.Last.Position <= position ? _losses.Last.Counts
                : _losses.Before.Position <= position ? _losses.Before.Counts
                : [];
        }
    }

    private sealed record NotedLosses(long Position, ulong[] Counts)
    {
        public static readonly NotedLosses None = new(0, []);
    }

    /// <summary>Counts the origins of a log, over all its runs.</summary>
    internal long Number { get; }

    // FNV-1a: the same in every process. Of 1000 nodes, two share a hash in one of 9000 clusters. The restart of one of
    // those two during an absence of the aggregator can then go unreported.
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

/// <summary>
/// Identity of an origin in all logs. The node is part of it, so that an agent that claims the epoch of another one is
/// not mistaken for it.
/// </summary>
internal readonly record struct OriginKey(ulong Epoch, uint NodeHash)
{
    public static OriginKey Of(DeliveredPosition delivered) => new(delivered.Epoch, delivered.NodeHash);
}
