using Monitor.Events;
using Monitor.History.Format;
using Monitor.Protocol;

namespace Monitor.History;

/// <summary>Places of the log, to and from what is stored.</summary>
internal static class Places
{
    public static LogPlace Of(in LogPoint point)
    {
        var place = new LogPlace { Position = (ulong)point.Position, Events = (ulong)point.Events };
        ReadOnlySpan<ulong> losses = point.Losses;
        place.Losses.AddRange(losses[..(losses.LastIndexOfAnyExcept(0ul) + 1)].ToArray());
        return place;
    }

    /// <exception cref="InvalidDataException">No log has such a place.</exception>
    public static LogPoint From(LogPlace? place)
    {
        if (place is null || place.Position > OriginPoint.MaxPosition || place.Events > place.Position || place.Losses.Count > ResumeToken.LossCauses)
        {
            throw new InvalidDataException("a place is impossible");
        }

        var point = new LogPoint { Position = (long)place.Position, Events = (long)place.Events };
        for (var slot = 0; slot < place.Losses.Count; slot++)
        {
            point.Losses[slot] = place.Losses[slot];
        }

        return point;
    }

    /// <summary>Null if no log has such a place.</summary>
    public static OriginPoint? OriginPointOf(ulong position, ulong events) => position <= OriginPoint.MaxPosition && events <= position
        ? new OriginPoint((long)position, (long)events)
        : null;
}
