namespace Monitor.Events;

/// <summary>A node's clock against the one of this machine.</summary>
/// <param name="Node">A number for the node.</param>
/// <param name="OffsetNanos">The node's clock less this one; 0 where it is not known.</param>
/// <param name="UncertaintyNanos">The offset is right to within this; -1 where it is not known.</param>
public readonly record struct NodeClock(int Node, long OffsetNanos, long UncertaintyNanos)
{
    // Who answers late makes it uncertain, and then nothing can be told from times any more.
    private const long Most = 60_000_000_000;

    /// <summary>The clock of a node that was measured.</summary>
    public static NodeClock Of(int node, TimeSpan offset, TimeSpan uncertainty) => new(
        node, Nanos(offset), Math.Clamp(Nanos(uncertainty), 0, Most));

    /// <summary>The clock of a node that was not measured.</summary>
    public static NodeClock Unknown(int node) => new(node, 0, -1);

    private static long Nanos(TimeSpan time) => (long)Math.Clamp(time.TotalNanoseconds, long.MinValue / 2, long.MaxValue / 2);
}
