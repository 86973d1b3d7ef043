namespace Monitor.Events;

/// <summary>What earlier runs left, for a log that goes on behind it.</summary>
public sealed class RestoredLog
{
    /// <param name="types">The numbers of the event types of the segments.</param>
    /// <param name="segments">The stored segments, oldest first.</param>
    /// <param name="runs">The earlier runs, oldest first.</param>
    /// <param name="end">Where the last of them ends.</param>
    /// <param name="marks">How far each origin was read there, by slot.</param>
    internal RestoredLog(EventTypeTable types, Segment[] segments, LogRun[] runs, in LogPoint end, OriginMark[] marks)
    {
        Types = types;
        Segments = segments;
        Runs = runs;
        End = end;
        Marks = marks;
    }

    internal EventTypeTable Types { get; }

    internal Segment[] Segments { get; }

    internal LogRun[] Runs { get; }

    internal LogPoint End { get; }

    internal OriginMark[] Marks { get; }

    /// <summary>How far an agent's log was read.</summary>
    /// <param name="nodeName">The agent's node.</param>
    /// <returns>The last run of the agent that is known, and the place in its log; null where there is none.</returns>
    public (Origin Origin, OriginPoint At)? OriginOf(string nodeName)
    {
        foreach (ref readonly var mark in Marks.AsSpan())
        {
            if (mark.Origin is { } origin && origin.NodeName == nodeName)
            {
                return (origin, mark.At);
            }
        }

        return null;
    }
}
