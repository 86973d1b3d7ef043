using System.Text;

namespace Monitor.Events;

/// <summary>The clocks of the nodes, each asked for once. For one query.</summary>
/// <param name="clockOf">How far the clock of a node is off, and how well that is known; null where it was not measured.</param>
internal sealed class FlowClocks(Func<string, (TimeSpan Offset, TimeSpan Uncertainty)?> clockOf)
{
    private readonly Dictionary<byte[], NodeClock> _clocks = new(BytesComparer.Instance);

    public NodeClock Of(ReadOnlySpan<byte> nodeName)
    {
        var byBytes = _clocks.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!byBytes.TryGetValue(nodeName, out var clock))
        {
            clock = clockOf(Encoding.UTF8.GetString(nodeName)) is { } known
                ? NodeClock.Of(_clocks.Count, known.Offset, known.Uncertainty)
                : NodeClock.Unknown(_clocks.Count);
            byBytes[nodeName] = clock;
        }

        return clock;
    }
}
