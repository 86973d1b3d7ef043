using System.Numerics;

namespace Monitor.Events;

/// <summary>
/// Finds the other end of connections: remembers ends, as many as it was made for, until the other one comes. When there is
/// no room, the one that came first of its group is forgotten; a group has the ends with one source or few. Not safe for threads.
/// </summary>
/// <remarks>
/// A group is found by the source's address and port, so that an end is found too whose destination was rewritten on its way.
/// The hash has a secret (that of <see cref="HashCode"/>): nobody can choose sources that share a group with another's.
/// </remarks>
/// <typeparam name="T">What is remembered with an end.</typeparam>
internal sealed class ConnectionPairs<T>
{
    // More connections of one source and port at one time are rare: some clients bind a port, and a port is used again.
    private const int GroupSize = 8;

    private readonly Entry[] _entries;
    private readonly uint _groups;
    private ulong _order;

    /// <param name="capacity">How many ends it remembers at most; a power of two becomes of it.</param>
    public ConnectionPairs(int capacity)
    {
        _entries = new Entry[Math.Max(GroupSize, BitOperations.RoundUpToPowerOf2((uint)capacity))];
        _groups = (uint)(_entries.Length / GroupSize);
    }

    public struct Entry
    {
        public ConnectionEnd End;
        public T Value;

        // When it came; 0 for a place that is free.
        internal ulong Order;
    }

    /// <summary>The ends that are remembered.</summary>
    public IEnumerable<Entry> Remaining => _entries.Where(entry => entry.Order != 0);

    /// <summary>Takes out the other end that fits best.</summary>
    public bool TryTake(in ConnectionEnd end, out Entry other)
    {
        var group = GroupOf(end);
        var best = -1;
        var least = ConnectionEnd.Never;
        for (var i = 0; i < group.Length; i++)
        {
            ref var entry = ref group[i];
            if (entry.Order != 0 && ((byte)entry.End.Role ^ (byte)end.Role) == 1
                && ConnectionEnd.Distance(end, entry.End) is var distance && distance < least)
            {
                least = distance;
                best = i;
            }
        }

        if (best < 0)
        {
            other = default;
            return false;
        }

        other = group[best];
        group[best] = default;
        return true;
    }

    /// <summary>Remembers an end.</summary>
    /// <param name="end">The end.</param>
    /// <param name="value">What is remembered with it.</param>
    /// <param name="forgotten">The one that had to make room.</param>
    /// <returns>Whether there was one.</returns>
    public bool Add(in ConnectionEnd end, T value, out Entry forgotten)
    {
        var group = GroupOf(end);
        var place = 0;
        for (var i = 1; i < group.Length; i++)
        {
            place = group[i].Order < group[place].Order ? i : place;
        }

        forgotten = group[place];
        group[place] = new Entry { End = end, Value = value, Order = ++_order };
        return forgotten.Order != 0;
    }

    private Span<Entry> GroupOf(in ConnectionEnd end)
    {
        var hash = (uint)HashCode.Combine(end.SourceHigh, end.SourceLow, end.SourcePort, (byte)end.Role >> 1);
        return _entries.AsSpan((int)(hash % _groups) * GroupSize, GroupSize);
    }
}
