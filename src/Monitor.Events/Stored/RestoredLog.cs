namespace Monitor.Events;

/// <summary>What earlier runs left, for a log that goes on behind it.</summary>
public sealed class RestoredLog
{
    /// <param name="types">The numbers of the event types of the segments.</param>
    /// <param name="segments">The stored segments, oldest first.</param>
    /// <param name="runs">The earlier runs, oldest first.</param>
    /// <param name="end">Where the last of them ends.</param>
    /// <param name="marks">How far each origin was read there, by slot.</param>
    /// <param name="forgotten">How far the origins were read that were retired; see <see cref="OriginTable.Forgotten"/>.</param>
    /// <param name="lastOrigin">The highest number of an origin that the segments name.</param>
    internal RestoredLog(
        EventTypeTable types, Segment[] segments, LogRun[] runs, in LogPoint end, OriginMark[] marks, OriginMark[] forgotten, long lastOrigin)
    {
        Types = types;
        Segments = segments;
        Runs = runs;
        End = end;
        Marks = marks;
        Forgotten = forgotten;
        LastOrigin = lastOrigin;
    }

    internal EventTypeTable Types { get; }

    internal Segment[] Segments { get; }

    internal LogRun[] Runs { get; }

    internal LogPoint End { get; }

    internal OriginMark[] Marks { get; }

    internal OriginMark[] Forgotten { get; }

    internal long LastOrigin { get; }

    /// <summary>The last run of each agent that was read, and how far; and whether it was retired.</summary>
    public IEnumerable<(Origin Origin, OriginPoint At, bool IsRetired)> Origins =>
        Forgotten.Select(mark => (mark.Origin!, mark.At, true))
            .Concat(Marks.Where(mark => mark.Origin is not null).Select(mark => (mark.Origin!, mark.At, false)));
}
