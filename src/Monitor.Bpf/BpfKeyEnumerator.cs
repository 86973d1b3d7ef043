namespace Monitor.Bpf;

/// <summary>Walks over a map's keys without allocating; made for <c>foreach</c>.</summary>
public struct BpfKeyEnumerator<TKey>
    where TKey : unmanaged
{
    private readonly BpfMap map;
    private readonly uint limit;
    private TKey? previous;
    private uint count;

    internal BpfKeyEnumerator(BpfMap map, uint limit)
    {
        this.map = map;
        this.limit = limit;
    }

    /// <summary>The key of this step.</summary>
    public readonly TKey Current => previous.GetValueOrDefault();

    /// <summary>For <c>foreach</c>.</summary>
    public readonly BpfKeyEnumerator<TKey> GetEnumerator() => this;

    /// <summary>To the next key.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public bool MoveNext()
    {
        if (count >= limit || !map.TryGetNextKey(previous, out var next))
        {
            return false;
        }

        previous = next;
        count++;
        return true;
    }
}
