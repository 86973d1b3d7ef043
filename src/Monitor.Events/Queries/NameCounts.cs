using System.Text;
using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>
/// Counts names in UTF-8. There are few different names, and mostly the same one several times in a row: what an agent makes up
/// beyond that is counted together, under <see cref="Other"/>. Not safe for threads.
/// </summary>
public sealed class NameCounts
{
    /// <summary>The name under which what has no room is counted, and whatever has it.</summary>
    public const string Other = "other";

    /// <summary>The longest error or reason that has a name of its own, in bytes.</summary>
    public const int MaxTextBytes = 64;

    // Several times the errors and reasons of one network. A summary of a thousand intervals stays in the 4 MiB that gRPC clients
    // take, about.
    private const int MaxTexts = 64;
    private const int MaxNodes = 10_000;

    private static readonly byte[] OtherUtf8 = Encoding.UTF8.GetBytes(Other);

    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> _byChars;
    private readonly int _maxNames;
    private readonly int _maxBytes;
    private byte[] _last = [];
    private long _lastCount;

    private NameCounts(int maxNames, int maxBytes)
    {
        _byChars = _counts.GetAlternateLookup<ReadOnlySpan<char>>();
        _maxNames = maxNames;
        _maxBytes = maxBytes;
    }

    /// <summary>For names of errors and reasons: 64 of them, of <see cref="MaxTextBytes"/> each.</summary>
    public static NameCounts OfTexts() => new(MaxTexts, MaxTextBytes);

    /// <summary>For names of nodes: 10 000 of them, of <see cref="ContractLimits.MaxNodeNameBytes"/> each.</summary>
    public static NameCounts OfNodes() => new(MaxNodes, ContractLimits.MaxNodeNameBytes);

    /// <summary>Counts one occurrence.</summary>
    public void Add(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > _maxBytes)
        {
            utf8 = OtherUtf8;
        }

        if (!utf8.SequenceEqual(_last))
        {
            Settle();
            _last = utf8.ToArray();
        }

        _lastCount++;
    }

    /// <summary>Counts several occurrences.</summary>
    public void Add(string name, long count)
    {
        ArgumentNullException.ThrowIfNull(name);
        AddChars(name.Length > _maxBytes || Encoding.UTF8.GetByteCount(name) > _maxBytes ? Other : name, count);
    }

    /// <summary>Counts what was counted elsewhere.</summary>
    public void Add(IReadOnlyDictionary<string, long> counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        foreach (var (name, count) in counts)
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
        if (_lastCount > 0)
        {
            Span<char> chars = stackalloc char[ContractLimits.MaxNodeNameBytes];
            AddChars(chars[..Encoding.UTF8.GetChars(_last, chars)], _lastCount);
            _lastCount = 0;
        }
    }

    private void AddChars(ReadOnlySpan<char> name, long count)
    {
        if (!_byChars.TryGetValue(name, out var before) && _counts.Count >= _maxNames)
        {
            name = Other;
            _byChars.TryGetValue(name, out before);
        }

        _byChars[name] = before + count;
    }
}
