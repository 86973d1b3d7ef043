using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>
/// How far a cursor has read each source, so that its resume token can say so; and, while its client has some of what is
/// ahead (<see cref="ClientSources"/>), of which sources the client was told what it misses. Belongs to one cursor.
/// </summary>
internal sealed class SourceProgress
{
    private readonly ClientSources _client;

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
        _client = new ClientSources(time);
    }

    /// <summary>Of a cursor that starts at a place of the log.</summary>
    public static SourceProgress At(SourceMark[] marks, TimeProvider time) => new(marks, time);

    /// <summary>Of a cursor that goes on at a place of the log, or at its oldest, behind what the client has.</summary>
    public static SourceProgress Behind(SourceMark[] marks, IReadOnlyList<SourceToken> has, TimeProvider time)
    {
        var progress = new SourceProgress(marks, time);
        progress._client.Add(has, marks);
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
                    progress._client.Expect();
                    progress._entered = true;
                }
            }
        }

        return progress;
    }

    /// <summary>Of a cursor that goes on at a place which is not stored any more.</summary>
    public static SourceProgress Claimed(IReadOnlyList<SourceToken> has, TimeProvider time) =>
        new([], time) { _claimed = has };

    /// <summary>Whether some of what is ahead may be what the client has. Then the cursor asks of each run that it comes
    /// to.</summary>
    public bool MayHave => _client.Any;

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
            _client.Add(_claimed, marks);
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
        if (!_client.Any)
        {
            return;
        }

        foreach (ref readonly var mark in _marks.AsSpan())
        {
            if (mark.Source is { } source && _met.Contains(source))
            {
                _client.Pass(mark);
            }
        }

        // What the segment started with may still have to be met.
        if (!_entered && _client.TryEnd())
        {
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
        foreach (ref readonly var mark in _marks.AsSpan())
        {
            // Of what was not met yet, the client was not told what is missing: for it, its old token holds.
            if (mark.Source is { } source && (!_client.Any || IsTold(source)))
            {
                var at = _client.Later(source, mark.At);
                tokens.Add(new SourceToken(source.Epoch, source.NodeHash, (ulong)at.Position, (ulong)at.Events));
            }
        }

        _client.AddTo(tokens);
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
        if (_client.HasLaterThan(source))
        {
            return null;
        }

        var here = MarkOf(source);
        if (HadOf(source) is { } had)
        {
            return SourceGap.Between(source, had, here, restarted: false);
        }

        // The run that the client knows is over. Where this log has it too, it says itself what is not known of its end.
        return _client.RemoveRunOf(source.NodeHash) is { } over && !_met.Any(met => met.Key == over)
            ? SourceGap.Between(source, default, here, restarted: true)
            : SourceGap.Between(source, source.Start, here, restarted: false);
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
                if (IsTold(source)
                    && SourceGap.Between(source, _client.Later(source, MarkOf(source)), mark.At, restarted: false) is { } gap)
                {
                    gaps.Add(gap);
                }
            }
        }

        foreach (ref readonly var mark in _reading.AsSpan())
        {
            // It ended in what was missed; how far it had come by then is not known any more.
            if (mark.Source is { } source && !there.Contains(source) && IsTold(source))
            {
                gaps.Add(new SourceGap(source, 0, HasLosses: true, Restarted: false));
            }
        }

        return gaps;
    }

    /// <inheritdoc cref="ClientSources.Count"/>
    public int Had(in SourceRun run, int index, int end) => _client.Count(run, index, end);

    /// <summary>Whether the client was told what is missing of a source, and is to get what follows.</summary>
    private bool IsTold(LogSource source) => _met.Contains(source) && !_client.HasLaterThan(source);

    /// <summary>How far the client is with an agent's run: by its token, or by another source of the same run, where the
    /// agent was away for long.</summary>
    private SourcePoint? HadOf(LogSource source)
    {
        var had = _client.At(source);
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

    private SourcePoint MarkOf(LogSource source) =>
        source.Slot < _reading.Length && _reading[source.Slot].Source == source ? _reading[source.Slot].At : source.Start;
}
