using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>Finds the place in the log where a cursor starts.</summary>
internal static class PositionResolver
{
    public static LogPoint Resolve(LogStore log, LogPosition from)
    {
        switch (from.Start)
        {
            case LogPosition.Kind.Oldest:
            case LogPosition.Kind.OtherLog:
                return Oldest(log);
            case LogPosition.Kind.Time:
                return Since(log, from.UnixTime);
            case LogPosition.Kind.Token:
                return Stored(log, from.Token!) ?? Claimed(from.Token!);
            default:
                return End(log);
        }
    }

    public static ResumeResult Resume(LogStore log, string? text)
    {
        var oldest = Oldest(log);
        var result = new ResumeResult { OldestSequence = (ulong)oldest.Events + 1 };
        if (!ResumeToken.TryParse(text, out var token))
        {
            return result with { Status = ResumeStatus.Garbage };
        }

        if (token.Epoch != log.Epoch)
        {
            if (log.TracksOrigins && token.Delivered is not null)
            {
                return result with { Status = ResumeStatus.Ok, Position = LogPosition.AfterOtherLog(token) };
            }

            return result with { Status = ResumeStatus.OtherEpoch };
        }

        if (token.Position > long.MaxValue || (long)token.Position > log.PublishedPosition)
        {
            return result with { Status = ResumeStatus.Garbage };
        }

        // The stored part is counted again. Only for the evicted part the token is believed, within what is possible.
        if (Stored(log, token) is { } point)
        {
            return result with
            {
                Status = point.Events == (long)token.Events ? ResumeStatus.Ok : ResumeStatus.Garbage,
                Position = LogPosition.After(token),
                NextSequence = (ulong)point.Events + 1,
            };
        }

        oldest = Oldest(log);
        var claimed = Claimed(token);
        if (claimed.Events > oldest.Events
            || oldest.Events - claimed.Events > oldest.Position - claimed.Position
            || !oldest.Losses.Covers(claimed.Losses))
        {
            return result with { Status = ResumeStatus.Garbage };
        }

        return new ResumeResult
        {
            Status = ResumeStatus.Evicted,
            Position = LogPosition.After(token),
            NextSequence = token.Events + 1,
            OldestSequence = (ulong)oldest.Events + 1,
            Missed = (ulong)(oldest.Events - claimed.Events),
        };
    }

    /// <summary>How far the origins are read where a cursor starts, and what its client has of them.</summary>
    public static OriginProgress OriginsAt(LogStore log, in LogPoint point, LogPosition from)
    {
        var delivered = from.Token?.Delivered;
        var segment = Find(log.Segments, point.Position);
        if (segment is null || !segment.TryAcquire())
        {
            return delivered is null ? OriginProgress.StartAt([], log.Time)
                : log.Segments.Length == 0 || from.Token!.HasDuplicatesAhead ? OriginProgress.ResumeAt([], delivered, log.Time)
                : OriginProgress.ResumeAtEvicted(delivered, log.Time);
        }

        try
        {
            OriginMark[] marks = [.. segment.StartMarks];
            segment.Advance(ref marks, 0, (int)(point.Position - segment.Start.Position));
            return delivered is null
                ? OriginProgress.StartAt(marks, log.Time)
                : OriginProgress.ResumeAt(marks, delivered, log.Time);
        }
        finally
        {
            segment.Release();
        }
    }

    /// <summary>The segment that holds a position or will hold it; null if the position is older than all.</summary>
    public static Segment? Find(Segment[] segments, long position)
    {
        var low = 0;
        var high = segments.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (segments[middle].Start.Position <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? null : segments[low - 1];
    }

    private static LogPoint Oldest(LogStore log) => log.Segments is [var first, ..] ? first.Start : default;

    private static LogPoint End(LogStore log)
    {
        while (true)
        {
            var segments = log.Segments;
            if (segments.Length == 0)
            {
                return default;
            }

            // It can fail only if all segments were replaced since the line above.
            if (segments[^1].TryAcquire())
            {
                try
                {
                    return segments[^1].PointAt(segments[^1].Published);
                }
                finally
                {
                    segments[^1].Release();
                }
            }
        }
    }

    private static LogPoint Since(LogStore log, long time)
    {
        foreach (var segment in log.Segments)
        {
            if (segment.MaxTime < time || !segment.TryAcquire())
            {
                continue;
            }

            try
            {
                var count = segment.Published;
                for (var index = 0; index < count; index++)
                {
                    if (index % Segment.BlockEntries == 0
                        && segment.TimesOf(index >> Segment.BlockShift).MaxTime < time)
                    {
                        index += Segment.BlockEntries - 1;
                        continue;
                    }

                    ref readonly var columns = ref segment.Columns(index);
                    if (columns.Time >= time && !columns.IsLoss)
                    {
                        return segment.PointAt(index);
                    }
                }
            }
            finally
            {
                segment.Release();
            }
        }

        return End(log);
    }

    /// <summary>The place of a token if its next entry is stored or is the next one to be appended; else null.</summary>
    private static LogPoint? Stored(LogStore log, ResumeToken token)
    {
        var position = (long)token.Position;
        var segment = Find(log.Segments, position);
        if (segment is null)
        {
            return position == 0 && log.Segments.Length == 0 ? default(LogPoint) : null;
        }

        if (!segment.TryAcquire())
        {
            return null;
        }

        try
        {
            var index = position - segment.Start.Position;
            return index <= segment.Published ? segment.PointAt((int)index) : null;
        }
        finally
        {
            segment.Release();
        }
    }

    private static LogPoint Claimed(ResumeToken token)
    {
        var point = new LogPoint { Position = (long)token.Position, Events = (long)token.Events };
        token.Losses.CopyTo(point.Losses);
        return point;
    }
}
