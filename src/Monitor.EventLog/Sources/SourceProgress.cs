using Monitor.Protocol;

namespace Monitor.EventLog;

/// <summary>
/// How far a cursor has read each source, so that its resume token can say so; and, for a cursor that goes on from a
/// token, what its client has already of what is ahead. Belongs to one cursor.
/// </summary>
internal sealed class SourceProgress
{
    // Tokens can claim anything. No log gets that far, and sums do not overflow.
    private const ulong MaxPosition = 1ul << 62;

    // An agent that did not come back for so long will not: what clients have of it is forgotten.
    private static readonly TimeSpan HadLifetime = TimeSpan.FromDays(1);

    private readonly TimeProvider _time;
    private readonly long _opened;

    // What the client has and the cursor may still come to; null once that is nothing.
    private Dictionary<SourceKey, SourceToken>? _had;

    // The client's own word, while the cursor is at a place that is not stored any more.
    private IReadOnlyList<SourceToken>? _claimed;

    // The sources of which the client was told what is missing before the place where the cursor is.
    private readonly HashSet<LogSource> _met = [];

    // By slot. The second one is the first while a batch is read, which may fail.
    private SourceMark[] _marks;
    private SourceMark[] _reading = [];

    // Whether the marks at the start of the segment are still to be looked at. Not undone by a batch that fails, which
    // only has them looked at again.
    private bool _entered;

    private SourceProgress(SourceMark[] marks, TimeProvider time)
    {
        _marks = marks;
        _time = time;
        _opened = time.GetTimestamp();
    }

    /// <summary>Of a cursor that starts at a place of the log.</summary>
    public static SourceProgress At(SourceMark[] marks, TimeProvider time) => new(marks, time);

    /// <summary>Of a cursor that goes on at a place of the log, or at its oldest, behind what the client has.</summary>
    public static SourceProgress Behind(SourceMark[] marks, IReadOnlyList<SourceToken> has, TimeProvider time)
    {
        var progress = new SourceProgress(marks, time);
        progress.Compare(has, marks);
        var told = has.Select(token => (SourceKey.Of(token), (long)token.Position)).ToHashSet();
        foreach (ref readonly var mark in marks.AsSpan())
        {
            // What the client was told of up to here is what its token has up to here.
            if (mark.Source is { } source)
            {
                if (told.Contains((source.Key, mark.At.Position)))
                {
                    progress._met.Add(source);
                }
                else
                {
                    progress._had ??= [];
                    progress._entered = true;
                }
            }
        }

        return progress;
    }

    /// <summary>Of a cursor that goes on at a place which is not stored any more.</summary>
    public static SourceProgress Claimed(IReadOnlyList<SourceToken> has, TimeProvider time) =>
        new([], time) { _claimed = has };

    /// <summary>Whether some of what is ahead may be what the client has.</summary>
    public bool MayHave => _had is not null;

    /// <summary>Starts a batch.</summary>
    public void Begin()
    {
        if (_reading.Length != _marks.Length)
        {
            _reading = new SourceMark[_marks.Length];
        }

        _marks.CopyTo(_reading, 0);
    }

    /// <summary>The cursor is at the start of a segment, which knows where the sources are there.</summary>
    public void Enter(Segment segment)
    {
        var marks = segment.StartSources;
        if (_reading.Length < marks.Length)
        {
            _reading = new SourceMark[marks.Length];
        }

        marks.CopyTo(_reading, 0);
        _reading.AsSpan(marks.Length).Clear();
        _entered = true;
        if (_claimed is not null)
        {
            // What is missing up to here is told in one number for all sources.
            Compare(_claimed, marks);
            foreach (ref readonly var mark in marks.AsSpan())
            {
                if (mark.Source is not null)
                {
                    _met.Add(mark.Source);
                }
            }

            _claimed = null;
        }
    }

    /// <summary>The cursor has read the entries from one index up to another.</summary>
    public void Advance(Segment segment, int from, int to) => segment.Advance(ref _reading, from, to);

    /// <summary>Keeps what was read.</summary>
    public void Commit()
    {
        (_marks, _reading) = (_reading, _marks);
        if (_had is null)
        {
            return;
        }

        foreach (ref readonly var mark in _marks.AsSpan())
        {
            if (mark.Source is { } source && _met.Contains(source)
                && _had.TryGetValue(source.Key, out var had) && mark.At.Position >= (long)had.Position)
            {
                _had.Remove(source.Key);
            }
        }

        // What the segment started with may still have to be met.
        if (!_entered && (_had.Count == 0 || _time.GetElapsedTime(_opened) > HadLifetime))
        {
            _had = null;
            _met.Clear();
        }
    }

    /// <summary>For the token: how far the client is with each source, once it has what was read.</summary>
    public IReadOnlyList<SourceToken> ToTokens()
    {
        if (_claimed is not null)
        {
            return _claimed;
        }

        var tokens = new List<SourceToken>(_marks.Length);
        HashSet<SourceKey>? written = _had is null ? null : [];
        foreach (ref readonly var mark in _marks.AsSpan())
        {
            // Of what was not met yet, the client was not told what is missing: for it, its old token holds.
            if (mark.Source is { } source && (_had is null || (_met.Contains(source) && !IsOlder(source))))
            {
                var at = Later(source, mark.At);
                tokens.Add(new SourceToken(source.Epoch, source.NodeHash, (ulong)at.Position, (ulong)at.Events));
                written?.Add(source.Key);
            }
        }

        if (_had is not null)
        {
            tokens.AddRange(_had.Values.Where(token => !written!.Contains(SourceKey.Of(token))));
        }

        return tokens;
    }

    /// <summary>The sources that the cursor meets for the first time: that of a run, and those with a mark at the start
    /// of the segment.</summary>
    public IReadOnlyCollection<LogSource> Unmet(LogSource? ofRun)
    {
        HashSet<LogSource>? unmet = null;
        if (_entered)
        {
            foreach (ref readonly var mark in _reading.AsSpan())
            {
                if (mark.Source is { } source && !_met.Contains(source))
                {
                    (unmet ??= []).Add(source);
                }
            }
        }

        if (ofRun is not null && !_met.Contains(ofRun))
        {
            (unmet ??= []).Add(ofRun);
        }

        return (IReadOnlyCollection<LogSource>?)unmet ?? [];
    }

    /// <summary>All of <see cref="Unmet"/> were met.</summary>
    public void MetAll() => _entered = false;

    /// <summary>Meets a source for the first time.</summary>
    /// <returns>What is missing between what the client has and what is here; null where nothing is.</returns>
    public SourceGap? Meet(LogSource source)
    {
        _met.Add(source);
        if (IsOlder(source))
        {
            return null;
        }

        var here = MarkOf(source);
        if (HadOf(source) is { } had)
        {
            return SourceGap.Between(source, had, here, restarted: false);
        }

        foreach (var other in _had!.Values)
        {
            if (other.NodeHash == source.NodeHash)
            {
                // The run that the client knows is over. Where this log has it too, it says itself what is not known of
                // its end.
                _had.Remove(SourceKey.Of(other));
                return _met.Any(met => met.Key == SourceKey.Of(other))
                    ? SourceGap.Between(source, source.Start, here, restarted: false)
                    : SourceGap.Between(source, default, here, restarted: true);
            }
        }

        return SourceGap.Between(source, source.Start, here, restarted: false);
    }

    /// <summary>What the cursor missed of the sources that it had met, when it has to go on at a later segment.</summary>
    public List<SourceGap> Skip(SourceMark[] marks)
    {
        var gaps = new List<SourceGap>();
        var there = new HashSet<LogSource>();
        foreach (ref readonly var mark in marks.AsSpan())
        {
            if (mark.Source is { } source)
            {
                there.Add(source);
                if (_met.Contains(source) && !IsOlder(source)
                    && SourceGap.Between(source, Later(source, MarkOf(source)), mark.At, restarted: false) is { } gap)
                {
                    gaps.Add(gap);
                }
            }
        }

        foreach (ref readonly var mark in _reading.AsSpan())
        {
            // It ended in what was missed; how far it had come by then is not known any more.
            if (mark.Source is { } source && !there.Contains(source) && _met.Contains(source) && !IsOlder(source))
            {
                gaps.Add(new SourceGap(source, 0, HasLosses: true, Restarted: false));
            }
        }

        return gaps;
    }

    /// <summary>How many of the entries of a run, from one index up to another, the client has.</summary>
    public int Had(in SourceRun run, int index, int end)
    {
        if (run.Source is not { } source)
        {
            return 0;
        }

        return IsOlder(source) ? end - index
            : _had!.TryGetValue(source.Key, out var had)
                ? (int)Math.Clamp((long)had.Position - (run.Base + index - run.Start), 0, end - index)
            : 0;
    }

    /// <summary>Keeps of what the client has what lies beyond the marks.</summary>
    private void Compare(IReadOnlyList<SourceToken> has, SourceMark[] marks)
    {
        var known = new Dictionary<SourceKey, long>();
        foreach (ref readonly var mark in marks.AsSpan())
        {
            if (mark.Source is { } source)
            {
                known[source.Key] = Math.Max(mark.At.Position, known.GetValueOrDefault(source.Key));
            }
        }

        foreach (var token in has)
        {
            var key = SourceKey.Of(token);
            if (token.Position <= MaxPosition
                && (!known.TryGetValue(key, out var position) || position != (long)token.Position)
                && !(_had is not null && _had.TryGetValue(key, out var other) && other.Position >= token.Position))
            {
                (_had ??= [])[key] = token;
            }
        }
    }

    /// <summary>Whether the client has of a later run of the same agent, and so all of this one that it will ever
    /// get.</summary>
    private bool IsOlder(LogSource source)
    {
        for (var next = source.Next; next is not null && _had is not null; next = next.Next)
        {
            if (_had.ContainsKey(next.Key))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How far the client is with an agent's run: by its token, or by another source of the same run, where the
    /// agent was away for long.</summary>
    private SourcePoint? HadOf(LogSource source)
    {
        SourcePoint? had = _had!.TryGetValue(source.Key, out var token) ? PointOf(token) : null;
        foreach (ref readonly var mark in _reading.AsSpan())
        {
            if (mark.Source is { } other && other != source && other.Key == source.Key && _met.Contains(other)
                && !(had?.Position >= mark.At.Position))
            {
                had = mark.At;
            }
        }

        return had;
    }

    private SourcePoint Later(LogSource source, SourcePoint at) =>
        _had is not null && _had.TryGetValue(source.Key, out var had) && (long)had.Position > at.Position
            ? PointOf(had)
            : at;

    private static SourcePoint PointOf(SourceToken token) => new((long)token.Position, (long)token.Events);

    private SourcePoint MarkOf(LogSource source) =>
        source.Slot < _reading.Length && _reading[source.Slot].Source == source ? _reading[source.Slot].At : source.Start;
}
