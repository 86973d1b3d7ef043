using System.Runtime.CompilerServices;

namespace Monitor.Events;

/// <summary>A set of numbers that is asked a million times: one comparison for one value, few for many.</summary>
internal sealed class UInt32Set
{
    // Up to here a pass over all is faster than halving.
    private const int Few = 8;
    private readonly uint[] _sorted;
    private readonly uint _first;

    public UInt32Set(IEnumerable<uint> values)
    {
        _sorted = [.. values.Distinct().Order()];
        _first = _sorted[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(uint value) => value == _first || _sorted.Length > 1 && ContainsMore(value);

    private bool ContainsMore(uint value) =>
        _sorted.Length <= Few ? _sorted.AsSpan().Contains(value) : _sorted.AsSpan().BinarySearch(value) >= 0;
}
