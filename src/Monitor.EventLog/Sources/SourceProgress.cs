using Monitor.Protocol;

namespace Monitor.EventLog;

/// <summary>
/// How far a cursor has read each source, so that its resume token can say so; and, for a cursor that goes on from the
/// token of another log, what its client has already. Belongs to one cursor.
/// </summary>
internal sealed class SourceProgress
{
    // Tokens can claim anything. No log gets that far, and sums do not overflow.
    private const ulong MaxPosition = 1ul << 62;

    // What the client has, by the epoch of the agent; null once the cursor is past all of it.
    private Dictionary<ulong, SourceToken>? _had;
    private readonly HashSet<LogSource> _met = [];

    // By slot. The second one is the first while a batch is read, which may fail.
    private SourceMark[] _marks;
    private SourceMark[] _reading = [];

    // Whether the marks at the start of the segment are still to be looked at. Not undone by a batch that fails, which
    // only has them looked at again.
    private bool _entered;

    public SourceProgress(SourceMark[] marks, IReadOnlyList<SourceToken>? had)
    {
        _marks = marks;
        if (had is not null)
        {
            _had = [];
            foreach (var source in had.Where(source => source.Position <= MaxPosition))
            {
                _had[source.Epoch] = source;
            }
        }
    }

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
    }

    /// <summary>The cursor has read the entries from one index up to another.</summary>
    public void Advance(Segment segment, int from, int to) => segment.Advance(ref _reading, from, to);

    /// <summary>Keeps what was read.</summary>
    public void Commit()
    {
        (_marks, _reading) = (_reading, _marks);
        // What the segment started with may still have to be met.
        if (_had is not null && !_entered && _had.Values.All(IsPast))
        {
            _had = null;
        }
    }

    /// <summary>For the token: how far the client is with each source, once it has what was read.</summary>
    public List<SourceToken> ToTokens()
    {
        var tokens = new List<SourceToken>(_marks.Length);
        HashSet<ulong>? written = _had is null ? null : [];
        foreach (ref readonly var mark in _marks.AsSpan())
        {
            // Of what was not met yet, the client was not told what is missing: for it, the old token holds.
            if (mark.Source is { } source && (_had is null || _met.Contains(source)))
            {
                var at = Later(source, mark.At);
                tokens.Add(new SourceToken(source.Epoch, source.NodeHash, (ulong)at.Position, (ulong)at.Events));
                written?.Add(source.Epoch);
            }
        }

        if (_had is not null)
        {
            tokens.AddRange(_had.Values.Where(token => !written!.Contains(token.Epoch)));
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
        var here = MarkOf(source);
        if (_had!.TryGetValue(source.Epoch, out var had))
        {
            return SourceGap.Between(source, PointOf(had), here, restarted: false);
        }

        foreach (var other in _had.Values)
        {
            if (other.NodeHash == source.NodeHash)
            {
                // The run that the client knows is over; what it did not read of that is not known here.
                _had.Remove(other.Epoch);
                return SourceGap.Between(source, default, here, restarted: true);
            }
        }

        return SourceGap.Between(source, source.Start, here, restarted: false);
    }

    /// <summary>What the cursor missed of the sources that it had met, when it has to go on at a later segment.</summary>
    public List<SourceGap> Skip(SourceMark[] marks)
    {
        var gaps = new List<SourceGap>();
        foreach (var mark in marks)
        {
            if (mark.Source is { } source && _met.Contains(source)
                && SourceGap.Between(source, Later(source, MarkOf(source)), mark.At, restarted: false) is { } gap)
            {
                gaps.Add(gap);
            }
        }

        return gaps;
    }

    /// <summary>How many of the entries of a run the client has.</summary>
    public int Had(in SourceRun run, int index, int end) =>
        run.Source is not null && _had!.TryGetValue(run.Source.Epoch, out var had)
            ? (int)Math.Clamp((long)had.Position - (run.Base + index - run.Start), 0, end - index)
            : 0;

    private bool IsPast(SourceToken had)
    {
        foreach (ref readonly var mark in _marks.AsSpan())
        {
            if (mark.Source?.Epoch == had.Epoch)
            {
                return mark.At.Position >= (long)had.Position;
            }
        }

        return false;
    }

    private SourcePoint Later(LogSource source, SourcePoint at) =>
        _had is not null && _had.TryGetValue(source.Epoch, out var had) && (long)had.Position > at.Position
            ? PointOf(had)
            : at;

    private static SourcePoint PointOf(SourceToken token) => new((long)token.Position, (long)token.Events);

    private SourcePoint MarkOf(LogSource source) =>
        source.Slot < _reading.Length && _reading[source.Slot].Source == source ? _reading[source.Slot].At : source.Start;
}
