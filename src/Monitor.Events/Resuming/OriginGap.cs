using Monitor.V1;

namespace Monitor.Events;

/// <summary>What a client misses of one origin.</summary>
/// <param name="Origin">The origin.</param>
/// <param name="Events">How many events.</param>
/// <param name="HasLosses">Whether losses are missing too; how many events these stand for is unknown.</param>
/// <param name="Restarted">Whether the client knows an earlier run of the agent, whose end is unknown.</param>
internal sealed record OriginGap(Origin Origin, long Events, bool HasLosses, bool Restarted)
{
    /// <summary>The gap between two places in an origin's log; null if there is none.</summary>
    public static OriginGap? Between(Origin origin, OriginPoint from, OriginPoint to, bool restarted)
    {
        var events = Math.Max(0, to.Events - from.Events);
        var hasLosses = to.Position - from.Position > to.Events - from.Events;
        return events > 0 || hasLosses || restarted ? new OriginGap(origin, events, hasLosses, restarted) : null;
    }

    /// <summary>The losses that report the gap to the client.</summary>
    public IEnumerable<Loss> ToLosses()
    {
        if (Restarted)
        {
            yield return new Loss { NodeName = Origin.NodeName, Cause = LossCause.Restarted };
        }

        if (HasLosses)
        {
            // A count of 0 says that it is not known.
            yield return new Loss { NodeName = Origin.NodeName, Cause = LossCause.Evicted };
        }

        if (Events > 0)
        {
            yield return new Loss { NodeName = Origin.NodeName, Cause = LossCause.Evicted, Count = (ulong)Events };
        }
    }
}
