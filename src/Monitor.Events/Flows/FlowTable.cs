namespace Monitor.Events;

/// <summary>The flows of one query by their keys: as many as it is made for, and one for all others.</summary>
internal sealed class FlowTable
{
    // A number of 8 bytes for each: 2 MB with what a set takes.
    public const int MaxOthersCounted = 100_000;

    private readonly Dictionary<byte[], FlowSums> _flows = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], FlowSums>.AlternateLookup<ReadOnlySpan<byte>> _byBytes;
    private readonly HashSet<long> _others = [];
    private readonly int _most;

    public FlowTable(int most)
    {
        _most = most;
        _byBytes = _flows.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public IReadOnlyCollection<FlowSums> Flows => _flows.Values;

    /// <summary>That of all beyond those it is made for.</summary>
    public FlowSums Other { get; } = new([]);

    /// <summary>How many flows are in <see cref="Other"/>, at most <see cref="MaxOthersCounted"/>.</summary>
    public int OtherCount => _others.Count;

    public FlowSums Get(ReadOnlySpan<byte> key)
    {
        if (_byBytes.TryGetValue(key, out var flow))
        {
            return flow;
        }

        if (_flows.Count < _most)
        {
            flow = new FlowSums(key.ToArray());
            _flows.Add(flow.Key, flow);
            return flow;
        }

        if (_others.Count < MaxOthersCounted)
        {
            var second = new HashCode();
            second.AddBytes(key);
            _others.Add((long)NameHash.Of(key) << 32 | (uint)second.ToHashCode());
        }

        return Other;
    }
}
