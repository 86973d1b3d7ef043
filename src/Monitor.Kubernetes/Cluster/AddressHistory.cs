namespace Monitor.Kubernetes.Cluster;

/// <summary>Whose one address was, and when. Immutable.</summary>
internal sealed class AddressHistory
{
    /// <summary>An address that is reused a hundred times a minute has a thousand in ten minutes.</summary>
    public const int MostIntervals = 1024;

    public static readonly AddressHistory Empty = new([]);

    // Nodes first, then pods, then services; of a kind, the latest first, and without overlaps. Of what is only claimed, the oldest
    // first: nobody can take an address from others by claiming it too.
    private readonly AddressInterval[] _intervals;

    private AddressHistory(AddressInterval[] intervals)
    {
        _intervals = intervals;
    }

    public int Count => _intervals.Length;

    /// <summary>Whose it was at a moment, ms since 1970.</summary>
    public Peer? Find(long time)
    {
        foreach (ref readonly var interval in _intervals.AsSpan())
        {
            if (time >= interval.From && time < interval.To)
            {
                return interval.Peer;
            }
        }

        return null;
    }

    /// <summary>With another interval, in the place of that of the same owner.</summary>
    public AddressHistory With(AddressInterval added)
    {
        var intervals = _intervals.Where(interval => interval.Owner != added.Owner).Append(added).ToArray();
        return new AddressHistory(Order(intervals));
    }

    /// <summary>With the owner's interval ended.</summary>
    public AddressHistory Ended(Guid owner, long to)
    {
        var intervals = _intervals.ToArray();
        foreach (ref var interval in intervals.AsSpan())
        {
            if (interval.Owner == owner && interval.To > to)
            {
                interval = interval with { To = Math.Max(interval.From, to) };
            }
        }

        return new AddressHistory(intervals);
    }

    /// <summary>Without the intervals that ended before a moment.</summary>
    public AddressHistory Without(long before) => Array.Exists(_intervals, interval => interval.To < before)
        ? new AddressHistory(Array.FindAll(_intervals, interval => interval.To >= before))
        : this;

    private static AddressInterval[] Order(AddressInterval[] intervals)
    {
        // An address has one owner at a time. A pod's start is when its node took it, to the second, and that is before it had
        // an address: who has it now, has it since the last one before him ended.
        foreach (ref var open in intervals.AsSpan())
        {
            if (open.To == AddressInterval.Open && !open.Peer.IsClaimed)
            {
                foreach (var ended in intervals)
                {
                    if (ended.To != AddressInterval.Open && Rank(ended.Peer) == Rank(open.Peer))
                    {
                        open = open with { From = Math.Max(open.From, ended.To) };
                    }
                }
            }
        }

        Array.Sort(intervals, static (left, right) =>
            Rank(left.Peer) != Rank(right.Peer) ? Rank(left.Peer) - Rank(right.Peer)
            : left.Peer.IsClaimed ? left.From.CompareTo(right.From)
            : left.From != right.From ? right.From.CompareTo(left.From)
            : right.To.CompareTo(left.To));
        for (var i = intervals.Length - 2; i >= 0; i--)
        {
            ref var earlier = ref intervals[i + 1];
            ref var later = ref intervals[i];
            if (Rank(earlier.Peer) != Rank(later.Peer) || later.Peer.IsClaimed || earlier.To <= later.From)
            {
                continue;
            }

            if (earlier.To == AddressInterval.Open)
            {
                // Nobody said that it ended, but it did.
                earlier = earlier with { To = later.From };
            }
            else
            {
                later = later with { From = Math.Min(earlier.To, later.To) };
            }
        }

        return intervals.Length <= MostIntervals ? intervals : intervals[..MostIntervals];
    }

    private static int Rank(Peer peer) => peer.Kind switch
    {
        PeerKind.Node => 0,
        PeerKind.Pod => 1,
        _ => 2,
    };
}
