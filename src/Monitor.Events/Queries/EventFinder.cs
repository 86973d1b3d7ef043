using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>
/// Finds one event by its id. The sequence says where it must be: in a log of its own by the count of events, in one that
/// copies origins by the slices of its origin. So only a few numbers of each segment are read.
/// </summary>
internal static class EventFinder
{
    /// <summary>A copy of the event; null if it is not stored, or does not match the filter.</summary>
    public static byte[]? Find(LogStore log, ulong epoch, ulong sequence, EventFilterPlan filter)
    {
        if (sequence is 0 or > long.MaxValue / 2)
        {
            return null;
        }

        // Its place among the events of this log, where these are its own.
        var before = -1L;
        if (!log.TracksOrigins)
        {
            var run = Array.FindLastIndex(log.Runs, run => run.Epoch == epoch);
            if (run < 0)
            {
                return null;
            }

            before = log.Runs[run].Start.Events + (long)sequence - 1;
        }

        Span<byte> id = stackalloc byte[EventId.MaxLength];
        EventId.TryFormat(epoch, sequence, id, out var length);
        var segments = log.Segments;
        for (var at = segments.Length - 1; at >= 0; at--)
        {
            var segment = segments[at];
            var cannotHave = log.TracksOrigins
                ? segment.Stored?.MayHave(epoch, (long)sequence) == false
                : before < segment.Start.Events;
            if (cannotHave || !segment.TryAcquire())
            {
                continue;
            }

            try
            {
                var index = log.TracksOrigins
                    ? IndexInSlices(segment, epoch, (long)sequence)
                    : IndexInLog(segment, before - segment.Start.Events);
                if (index >= 0 && IsMatch(log, segment, index, id[..length], filter))
                {
                    return segment.Message(index).ToArray();
                }

                if (!log.TracksOrigins)
                {
                    // No other one starts before it and does not end before it.
                    return null;
                }
            }
            finally
            {
                segment.Release();
            }
        }

        return null;
    }

    private static bool IsMatch(LogStore log, Segment segment, int index, ReadOnlySpan<byte> id, EventFilterPlan filter)
    {
        ref readonly var columns = ref segment.Columns(index);
        return !columns.IsLoss
            && EventField.TryFind(segment.Message(index), EventTags.Id, (columns.Flags & ColumnFlags.Unique) != 0, out var found)
            && found.SequenceEqual(id)
            && filter.Matches(segment, index, new TypeSelection(filter, log.Types));
    }

    /// <summary>The index of the event before which so many events of the segment come; -1 if there is none.</summary>
    private static int IndexInLog(Segment segment, long before)
    {
        var count = segment.Published;
        if (before < 0 || before >= count - segment.LossesBelow(count))
        {
            return -1;
        }

        var index = (int)before;
        // Each loss in front of it moves it by one, and may move it behind further losses.
        while (index - segment.LossesBelow(index + 1) < before)
        {
            index = (int)before + segment.LossesBelow(index + 1);
        }

        return index;
    }

    private static int IndexInSlices(Segment segment, ulong epoch, long sequence)
    {
        var count = segment.Published;
        for (var index = 0; index < count;)
        {
            var slice = segment.SliceAt(index, out var end);
            end = Math.Min(end, count);
            if (slice.Origin?.Epoch == epoch && slice.Start <= index)
            {
                // Behind its n-th entry the origin is read up to event Base + n - Losses.
                var n = sequence + slice.Losses - slice.Base;
                if (n >= 1 && n - 1 < end - slice.Start && !segment.Columns((int)(slice.Start + n - 1)).IsLoss)
                {
                    return (int)(slice.Start + n - 1);
                }
            }

            index = Math.Max(end, index + 1);
        }

        return -1;
    }
}
