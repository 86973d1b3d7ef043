namespace Monitor.Events;

/// <summary>The oldest entry that a log has, and what of each run comes before it.</summary>
/// <param name="At">The place of the entry; where the log is empty, of the next one.</param>
/// <param name="Marks">How far each origin is read there, by slot.</param>
/// <param name="Runs">The runs that the log knows, each once. All events of others are older than what it has.</param>
internal sealed record LogBegin(LogPoint At, OriginMark[] Marks, IReadOnlyList<RunBegin> Runs)
{
    public static LogBegin Find(LogStore log)
    {
        while (true)
        {
            var segments = log.Segments;
            if (segments.Length == 0)
            {
                return new LogBegin(log.RunStart, [], log.TracksOrigins ? RunsOf(log, [], []) : RunsOf(log, log.RunStart));
            }

            // It can fail where the segment has left the log since the line above.
            if (segments[0].TryAcquire())
            {
                try
                {
                    var marks = segments[0].StartMarks;
                    return new LogBegin(
                        segments[0].Start, marks, log.TracksOrigins ? RunsOf(log, marks, segments) : RunsOf(log, segments[0].Start));
                }
                finally
                {
                    segments[0].Release();
                }
            }
        }
    }

    // A log of its own has its runs one behind the other.
    private static List<RunBegin> RunsOf(LogStore log, LogPoint oldest) =>
        [.. log.Runs.Select(run => new RunBegin(run.Epoch, 0, (ulong)Math.Max(0, oldest.Events - run.Start.Events)))];

    private static List<RunBegin> RunsOf(LogStore log, OriginMark[] marks, Segment[] segments)
    {
        var runs = new Dictionary<ulong, RunBegin>();
        foreach (var mark in marks)
        {
            if (mark.Origin is { } origin)
            {
                Add(runs, origin, (ulong)mark.At.Events);
            }
        }

        // Those that came later are here from where they were taken in. Stored segments are not read for it: what began and
        // ended in them is among the forgotten.
        foreach (var segment in segments)
        {
            if (!segment.TryEnter())
            {
                continue;
            }

            try
            {
                var count = segment.Published;
                for (var index = 0; index < count;)
                {
                    var slice = segment.SliceAt(index, out var end);
                    if (slice.Origin is { } origin && !runs.ContainsKey(origin.Epoch))
                    {
                        Add(runs, origin, (ulong)origin.Start.Events);
                    }

                    index = Math.Max(end, index + 1);
                }
            }
            finally
            {
                segment.Release();
            }
        }

        foreach (var mark in log.Forgotten)
        {
            if (mark.Origin is { } origin && !runs.ContainsKey(origin.Epoch))
            {
                var isHere = segments.Any(segment => segment.Stored?.MayHave(origin.Epoch, mark.At.Events) == true);
                Add(runs, origin, (ulong)(isHere ? origin.Start : mark.At).Events);
            }
        }

        return [.. runs.Values];
    }

    // A run may have two origins, where its agent was away for long: what either has is here.
    private static void Add(Dictionary<ulong, RunBegin> runs, Origin origin, ulong stored)
    {
        var begin = new RunBegin(origin.Epoch, (ulong)origin.Start.Events, stored);
        runs[origin.Epoch] = runs.TryGetValue(origin.Epoch, out var other)
            ? new RunBegin(origin.Epoch, Math.Min(begin.Taken, other.Taken), Math.Min(begin.Stored, other.Stored))
            : begin;
    }
}
