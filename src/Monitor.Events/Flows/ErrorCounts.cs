using System.Text;
using Google.Protobuf.Collections;

namespace Monitor.Events;

/// <summary>Counts names of errors. There are few: what an agent makes up beyond that is counted together.</summary>
internal sealed class ErrorCounts
{
    private const int MaxNames = 32;
    private const int MaxNameBytes = 64;

    private static readonly byte[] Other = "other"u8.ToArray();

    private readonly List<(byte[] Name, long Count)> _counts = [];

    public void Add(ReadOnlySpan<byte> name, long count)
    {
        if (name.IsEmpty)
        {
            return;
        }

        for (var i = 0; i < _counts.Count; i++)
        {
            if (name.SequenceEqual(_counts[i].Name))
            {
                _counts[i] = (_counts[i].Name, _counts[i].Count + count);
                return;
            }
        }

        if (name.SequenceEqual(Other) || (_counts.Count < MaxNames && name.Length <= MaxNameBytes))
        {
            _counts.Add((name.ToArray(), count));
        }
        else
        {
            Add(Other, count);
        }
    }

    public void Add(ErrorCounts other)
    {
        foreach (var (name, count) in other._counts)
        {
            Add(name, count);
        }
    }

    /// <summary>The most frequent first, for people; a map promises no order.</summary>
    public void CopyTo(MapField<string, long> map)
    {
        foreach (var (name, count) in _counts.OrderByDescending(entry => entry.Count))
        {
            map[Encoding.UTF8.GetString(name)] = count;
        }
    }
}
