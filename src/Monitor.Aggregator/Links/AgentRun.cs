using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

/// <summary>One run of an agent, as far as it was read. Guarded by its <see cref="AgentNode"/>.</summary>
/// <param name="epoch">Which run.</param>
/// <param name="start">Where this program began to read it.</param>
/// <param name="origin">Its origin in the log.</param>
/// <param name="at">How far it was read.</param>
internal sealed class AgentRun(ulong epoch, OriginPoint start, Origin origin, OriginPoint at)
{
    /// <summary>Which run.</summary>
    public ulong Epoch => epoch;

    /// <summary>Sequence of the first event that the agent still had when it was first reached, or that an earlier run of this program had
    /// not stored.</summary>
    public ulong FirstSequence { get; } = (ulong)start.Events + 1;

    /// <summary>Its origin in the log. The next origin of the node replaces this one, also after it was retired.</summary>
    public Origin Origin { get; set; } = origin;

    /// <summary>Whether the origin was retired.</summary>
    public bool IsRetired { get; set; }

    /// <summary>How far it was read.</summary>
    public OriginPoint At { get; private set; } = at;

    /// <summary>The token that goes on from there; null before its first message.</summary>
    public ResumeToken? Token { get; private set; } = at == default
        ? null
        : new ResumeToken(epoch, (ulong)at.Position, (ulong)at.Events, [.. origin.LossesAt(at.Position)]);

    /// <summary>Events that came.</summary>
    public ulong Events { get; private set; }

    /// <summary>Events that had left the agent's log before they could be read.</summary>
    public ulong Missed { get; private set; }

    /// <summary>Up to when its log was read, by its clock; null where it never said.</summary>
    public long? WatermarkUnixNanos { get; private set; }

    /// <summary>Time of the newest event, by its clock.</summary>
    public long? NewestUnixNanos { get; private set; }

    /// <summary>The later of the two: no event is known to be older that was not read.</summary>
    public long? ReachedUnixNanos =>
        WatermarkUnixNanos is { } watermark && NewestUnixNanos is { } newest
            ? Math.Max(watermark, newest)
            : WatermarkUnixNanos ?? NewestUnixNanos;

    /// <summary>Notes a message that is in the log.</summary>
    /// <param name="batch">The message.</param>
    /// <param name="after">Where the stream is behind it.</param>
    public void Advance(AgentBatch batch, OriginPoint after)
    {
        At = after;
        Token = batch.Token;
        Events += (ulong)batch.Events.Length;
        foreach (var loss in batch.Losses)
        {
            Missed += loss.Cause == LossCause.Evicted ? loss.Count : 0;
        }

        WatermarkUnixNanos = Later(WatermarkUnixNanos, batch.WatermarkUnixNanos);
        NewestUnixNanos = Later(NewestUnixNanos, batch.NewestUnixNanos);
    }

    private static long? Later(long? one, long? other) => one >= other || other is null ? one : other;
}
