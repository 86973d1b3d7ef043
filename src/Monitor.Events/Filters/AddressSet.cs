using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>The addresses of one filter field, as ranges that do not overlap, in order.</summary>
internal sealed class AddressSet
{
    private static readonly UInt128 MappedFirst = new(0, IpText.Ipv4Prefix);
    private static readonly UInt128 MappedLast = new(0, IpText.Ipv4Prefix | uint.MaxValue);

    // Parallel; apart from each other, so that the search touches one of them only.
    private readonly UInt128[] _first;
    private readonly UInt128[] _last;

    /// <param name="blocks">One block or more.</param>
    public AddressSet(IEnumerable<AddressBlock> blocks)
    {
        var ranges = blocks.SelectMany(Ranges).OrderBy(range => range.First).ToList();
        var first = new List<UInt128>();
        var last = new List<UInt128>();
        foreach (var range in ranges)
        {
            if (last.Count > 0 && range.First <= last[^1])
            {
                last[^1] = UInt128.Max(last[^1], range.Last);
            }
            else
            {
                first.Add(range.First);
                last.Add(range.Last);
            }
        }

        _first = [.. first];
        _last = [.. last];
    }

    public bool Contains(ulong high, ulong low)
    {
        var address = new UInt128(high, low);
        if (_first.Length == 1)
        {
            return address >= _first[0] && address <= _last[0];
        }

        var at = _first.AsSpan().BinarySearch(address);
        at = at >= 0 ? at : ~at - 1;
        return at >= 0 && address <= _last[at];
    }

    private static IEnumerable<(UInt128 First, UInt128 Last)> Ranges(AddressBlock block)
    {
        // A block of IPv6 that spans the IPv4-mapped addresses leaves them out.
        if (!block.IsV6 || block.Last < MappedFirst || block.First > MappedLast)
        {
            yield return (block.First, block.Last);
            yield break;
        }

        if (block.First < MappedFirst)
        {
            yield return (block.First, MappedFirst - 1);
        }

        if (block.Last > MappedLast)
        {
            yield return (MappedLast + 1, block.Last);
        }
    }
}
