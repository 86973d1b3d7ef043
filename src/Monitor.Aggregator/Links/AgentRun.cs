using Monitor.Events;
using Monitor.Protocol;

namespace Monitor.Aggregator.Links;

/// <summary>One run of an agent, as far as it was read. Guarded by its <see cref="AgentNode"/>.</summary>
internal sealed class AgentRun(ulong epoch, OriginPoint start, Origin origin)
{
    /// <summary>Which run.</summary>
    public ulong Epoch => epoch;

    /// <summary>Sequence of the first event that the agent still had when it was first reached.</summary>
    public ulong FirstSequence { get; } = (ulong)start.Events + 1;

    /// <summary>Its origin in the log. The next origin of the node replaces this one, also after it was retired.</summary>
    public Origin Origin { get; set; } = origin;

    /// <summary>Whether the origin was retired.</summary>
    public bool IsRetired { get; set; }

    /// <summary>How far it was read.</summary>
    public OriginPoint At { get; set; } = start;

    /// <summary>By which it goes on from there; null before its first message.</summary>
    public ResumeToken? Token { get; set; }

    /// <summary>Events that came.</summary>
    public ulong Events { get; set; }

    /// <summary>Events that had left the agent's log before they could be read.</summary>
    public ulong Missed { get; set; }

    /// <summary>Up to when its log was read, by its clock; null where it never said.</summary>
    public long? WatermarkUnixNanos { get; set; }

    /// <summary>Time of the newest event, by its clock.</summary>
    public long? NewestUnixNanos { get; set; }

    /// <summary>The later of the two: no event is known to be older that was not read.</summary>
    public long? ReachedUnixNanos =>
        WatermarkUnixNanos is { } watermark && NewestUnixNanos is { } newest
            ? Math.Max(watermark, newest)
            : WatermarkUnixNanos ?? NewestUnixNanos;
}
