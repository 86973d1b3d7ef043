using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>Finds the place in the log where a cursor starts.</summary>
internal static class PositionResolver
{
    // No log gets that far, and the sum of two of them does not overflow.
    private const ulong MaxPosition = 1ul << 62;

    public static LogPoint Resolve(LogStore log, LogPosition from)
    {
        switch (from.Start)
        {
            case LogPosition.Kind.Oldest:
                return Oldest(log);
            case LogPosition.Kind.OtherLog:
                return StartWithAllBefore(log, from.Token!) ?? Oldest(log);
            case LogPosition.Kind.Time:
                return Since(log, from.UnixTime);
            case LogPosition.Kind.Token:
                return Stored(log, from.Token!) ?? Claimed(log, RunOf(log, from.Token!)!.Value, from.Token!);
            default:
                return End(log);
        }
    }

    public static ResumeResult Resume(LogStore log, string? text)
    {
        var oldest = Oldest(log);
        var result = new ResumeResult { OldestSequence = SequenceAt(log, oldest) };
        if (!ResumeToken.TryParse(text, out var token))
        {
            return result with { Status = ResumeStatus.Garbage };
        }

        if (RunOf(log, token) is not { } run)
        {
            if (log.TracksOrigins && token.Delivered is not null)
            {
                return result with { Status = ResumeStatus.Ok, Position = LogPosition.AfterOtherLog(token) };
            }

            return result with { Status = ResumeStatus.OtherEpoch };
        }

        if (token.Position > MaxPosition || (run == log.Runs.Length - 1 && Claimed(log, run, token).Position > log.PublishedPosition))
        {
            return result with { Status = ResumeStatus.Garbage };
        }

        if (IsBehindRun(log, run, token))
        {
            // What was not stored when the run ended is lost, and the next one begins by saying so.
            return result with { Status = ResumeStatus.Ok, Position = LogPosition.After(token), NextSequence = 1 };
        }

        // The stored part is counted again. Only for the evicted part the token is believed, within what is possible.
        if (Stored(log, token) is { } point)
        {
            return result with
            {
                Status = point.Events == Claimed(log, run, token).Events ? ResumeStatus.Ok : ResumeStatus.Garbage,
                Position = LogPosition.After(token),
                NextSequence = token.Events + 1,
            };
        }

        var claimed = Claimed(log, run, token);
        Find(log.Segments, claimed.Position, out var next);
        oldest = next?.Start ?? Oldest(log);
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
            OldestSequence = SequenceAt(log, oldest),
            Missed = (ulong)(oldest.Events - claimed.Events),
        };
    }

    /// <summary>The oldest place in memory, where a client has everything before it: then the history need not be read to leave it
    /// out. Null where it has not.</summary>
    private static LogPoint? StartWithAllBefore(LogStore log, ResumeToken token)
    {
        if (log.OldestInMemory is not { } oldest || !oldest.TryEnter())
        {
            return null;
        }

        try
        {
            var delivered = token.Delivered!.ToLookup(OriginKey.Of, position => (long)position.Position);
            return oldest.StartMarks.All(mark =>
                mark.Origin is not { } origin || delivered[origin.Key].Any(position => position >= mark.At.Position))
                ? oldest.Start
                : null;
        }
        finally
        {
            oldest.Release();
        }
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

    /// <summary>The segment that holds a position or will hold it; null if the position is older than all, or is of entries that
    /// are missing between two of them.</summary>
    public static Segment? Find(Segment[] segments, long position) => Find(segments, position, out _);

    /// <inheritdoc cref="Find(Segment[], long)"/>
    /// <param name="segments">The segments.</param>
    /// <param name="position">The position.</param>
    /// <param name="next">The oldest segment that starts behind the position; null if there is none.</param>
    public static Segment? Find(Segment[] segments, long position, out Segment? next)
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

        next = low < segments.Length ? segments[low] : null;
        if (low == 0)
        {
            return null;
        }

        // One that another follows has all its entries.
        var found = segments[low - 1];
        return next is not null && position - found.Start.Position >= found.Published ? null : found;
    }

    private static LogPoint Oldest(LogStore log) => log.Segments is [var first, ..] ? first.Start : log.RunStart;

    private static LogPoint End(LogStore log)
    {
        while (true)
        {
            if (log.SegmentsInMemory == 0)
            {
                return log.RunStart;
            }

            var segments = log.Segments;

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
        var run = RunOf(log, token)!.Value;
        if (IsBehindRun(log, run, token))
        {
            return log.Runs[run + 1].Start;
        }

        var position = Claimed(log, run, token).Position;
        if (position == log.RunStart.Position && log.SegmentsInMemory == 0)
        {
            return log.RunStart;
        }

        var segment = Find(log.Segments, position);
        if (segment is null || !segment.TryAcquire())
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

    /// <summary>Whether a token is from the end of an earlier run that was not stored.</summary>
    private static bool IsBehindRun(LogStore log, int run, ResumeToken token) =>
        run + 1 < log.Runs.Length && Claimed(log, run, token).Position > log.Runs[run + 1].Start.Position;

    private static ulong SequenceAt(LogStore log, in LogPoint point) =>
        (ulong)(point.Events - log.RunOf(point.Position).Start.Events) + 1;

    private static int? RunOf(LogStore log, ResumeToken token)
    {
        var run = Array.FindLastIndex(log.Runs, run => run.Epoch == token.Epoch);
        return run < 0 ? null : run;
    }

    private static LogPoint Claimed(LogStore log, int run, ResumeToken token)
    {
        var point = log.Runs[run].Start;
        point.Position += (long)token.Position;
        point.Events += (long)token.Events;
        for (var slot = 0; slot < ResumeToken.LossCauses; slot++)
        {
            point.Losses[slot] = unchecked(point.Losses[slot] + token.Losses[slot]);
        }

        return point;
    }
}
