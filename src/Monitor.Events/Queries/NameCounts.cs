using System.Text;

namespace Monitor.Events;

/// <summary>Counts names in UTF-8. There are few different names, and mostly the same one several times in a row.</summary>
internal sealed class NameCounts
{
    // Longer names become a string each time.
    private const int MaxStackChars = 256;

    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> _byChars;
    private byte[] _last = [];
    private long _lastCount;

    public NameCounts() => _byChars = _counts.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Counts one occurrence.</summary>
    public void Add(ReadOnlySpan<byte> utf8)
    {
        if (!utf8.SequenceEqual(_last))
        {
            Settle();
            _last = utf8.ToArray();
        }

        _lastCount++;
    }

    /// <summary>Counts several occurrences.</summary>
    public void Add(string name, long count) => _counts[name] = _counts.GetValueOrDefault(name) + count;

    /// <summary>Counts what another one has.</summary>
    public void Add(NameCounts other)
    {
        foreach (var (name, count) in other.ToDictionary())
        {
            Add(name, count);
        }
    }

    /// <summary>The names with their counts.</summary>
    public IReadOnlyDictionary<string, long> ToDictionary()
    {
        Settle();
        return _counts;
    }

    private void Settle()
    {
        if (_lastCount == 0)
        {
            return;
        }

        if (_last.Length > MaxStackChars)
        {
            var name = Encoding.UTF8.GetString(_last);
            _counts[name] = _counts.GetValueOrDefault(name) + _lastCount;
        }
        else
        {
            Span<char> chars = stackalloc char[MaxStackChars];
            var name = chars[..Encoding.UTF8.GetChars(_last, chars)];
            _byChars.TryGetValue(name, out var count);
            _byChars[name] = count + _lastCount;
        }

        _lastCount = 0;
    }
}
