using System.Runtime.CompilerServices;

namespace Monitor.Events;

/// <summary>A set of numbers with a fast lookup: one comparison for one value, few for many.</summary>
internal sealed class UInt32Set
{
    // Up to this size a linear search is faster than a binary one.
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
