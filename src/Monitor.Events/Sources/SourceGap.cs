using Monitor.V1;

namespace Monitor.Events;

/// <summary>What a client does not get of one source.</summary>
/// <param name="Source">The source.</param>
/// <param name="Events">How many events.</param>
/// <param name="HasLosses">Whether losses are among what is missing; of how many events is not known.</param>
/// <param name="Restarted">Whether it was of another run before, the end of which is not known.</param>
internal sealed record SourceGap(LogSource Source, long Events, bool HasLosses, bool Restarted)
{
    /// <summary>What lies between two places of a source's log; null where there is nothing.</summary>
    public static SourceGap? Between(LogSource source, SourcePoint from, SourcePoint to, bool restarted)
    {
        var events = Math.Max(0, to.Events - from.Events);
        var hasLosses = to.Position - from.Position > to.Events - from.Events;
        return events > 0 || hasLosses || restarted ? new SourceGap(source, events, hasLosses, restarted) : null;
    }

    /// <summary>The gap as clients are told of it.</summary>
    public IEnumerable<Loss> ToLosses()
    {
        if (Restarted)
        {
            yield return new Loss { NodeName = Source.NodeName, Cause = LossCause.Restarted };
        }

        if (HasLosses)
        {
            yield return new Loss { NodeName = Source.NodeName, Cause = LossCause.Unspecified };
        }

        if (Events > 0)
        {
            yield return new Loss { NodeName = Source.NodeName, Cause = LossCause.Evicted, Count = (ulong)Events };
        }
    }
}
