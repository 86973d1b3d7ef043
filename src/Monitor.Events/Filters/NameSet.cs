using System.Text;

namespace Monitor.Events;

/// <summary>The names of one filter field: compares hashes with columns, and names with encoded bytes.</summary>
internal sealed class NameSet
{
    private readonly uint _tag;
    private readonly UInt32Set _columnHashes;
    private readonly uint[] _hashes;
    private readonly byte[][] _names;

    /// <param name="tag">Tag of the field in the event.</param>
    /// <param name="names">One name or more.</param>
    /// <param name="column">From a hash to its bits in the column.</param>
    public NameSet(uint tag, IEnumerable<string> names, Func<uint, uint> column)
    {
        _tag = tag;
        _names = [.. names.Select(Encoding.UTF8.GetBytes).OrderBy(name => NameHash.Of(name))];
        _hashes = [.. _names.Select(name => NameHash.Of(name))];
        _columnHashes = new UInt32Set(_hashes.Select(column));
    }

    /// <summary>Whether a column with these bits can be one of the names. 0 never is.</summary>
    public bool ContainsColumn(uint columnHash) => _columnHashes.Contains(columnHash);

    /// <summary>Whether the event has one of the names in the field.</summary>
    public bool Matches(ReadOnlySpan<byte> encodedEvent, bool unique) =>
        EventField.TryFind(encodedEvent, _tag, unique, out var name) && Contains(name);

    /// <inheritdoc cref="Contains(ReadOnlySpan{byte})"/>
    public bool Contains(string name) => Contains(Encoding.UTF8.GetBytes(name));

    /// <summary>Whether this is one of the names.</summary>
    public bool Contains(ReadOnlySpan<byte> name)
    {
        if (_names.Length == 1)
        {
            return name.SequenceEqual(_names[0]);
        }

        var hash = NameHash.Of(name);
        var at = _hashes.AsSpan().BinarySearch(hash);
        if (at < 0)
        {
            return false;
        }

        while (at > 0 && _hashes[at - 1] == hash)
        {
            at--;
        }

        for (; at < _hashes.Length && _hashes[at] == hash; at++)
        {
            if (name.SequenceEqual(_names[at]))
            {
                return true;
            }
        }

        return false;
    }
}
