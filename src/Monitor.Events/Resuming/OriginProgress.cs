using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>
/// How far a cursor has read each origin, for its resume tokens. After a client came with the token of another log, it
/// also reconciles each origin once: it compares what the client has with what this log has, reports the gap between
/// the two, and skips the duplicates. The README explains this with an example. Belongs to one cursor.
/// </summary>
internal sealed class OriginProgress
{
    private readonly DuplicatesAhead _duplicates;

    // The token's positions, while the cursor is at a place that is not stored any more.
    private IReadOnlyList<DeliveredPosition>? _unplaced;

    // The origins whose gap before the cursor was reported. Used only while there may be duplicates.
    private readonly HashSet<Origin> _reconciled = [];

    // How far the cursor has read, by slot: at the last batch, and in the batch that is being read, which may fail.
    private OriginMark[] _marks;
    private OriginMark[] _batchMarks = [];

    // Whether the origins that have a mark at the start of the segment must be reconciled too. A failed batch does not
    // undo it, so that the next one only does it again.
    private bool _atSegmentStart;

    private OriginProgress(OriginMark[] marks, TimeProvider time)
    {
        _marks = marks;
        _duplicates = new DuplicatesAhead(time);
    }

    /// <summary>For a cursor whose client has nothing yet.</summary>
    /// <param name="marks">How far each origin is read where the cursor starts.</param>
    /// <param name="time">The clock.</param>
    public static OriginProgress StartAt(OriginMark[] marks, TimeProvider time) => new(marks, time);

    /// <summary>For a cursor whose client has a token.</summary>
    /// <param name="marks">How far each origin is read where the cursor starts.</param>
    /// <param name="delivered">How far the client has each origin, by its token.</param>
    /// <param name="time">The clock.</param>
    public static OriginProgress ResumeAt(
        OriginMark[] marks, IReadOnlyList<DeliveredPosition> delivered, TimeProvider time)
    {
        var progress = new OriginProgress(marks, time);
        progress._duplicates.Add(delivered, marks);
        var positions = delivered.Select(position => (OriginKey.Of(position), (long)position.Position)).ToHashSet();
        foreach (ref readonly var mark in marks.AsSpan())
        {
            if (mark.Origin is not { } origin)
            {
                continue;
            }

            // An origin whose position is the cursor's was reconciled by the cursor that gave the token.
            if (positions.Contains((origin.Key, mark.At.Position)))
            {
                progress._reconciled.Add(origin);
            }
            else
            {
                progress._duplicates.KeepLooking();
                progress._atSegmentStart = true;
            }
        }

        return progress;
    }

    /// <summary>For a cursor that resumes at a place which is not stored any more.</summary>
    public static OriginProgress ResumeAtEvicted(IReadOnlyList<DeliveredPosition> delivered, TimeProvider time) =>
        new([], time) { _unplaced = delivered };

    /// <inheritdoc cref="DuplicatesAhead.Any"/>
    public bool MayHaveDuplicates => _duplicates.Any;

    /// <summary>Starts a batch.</summary>
    public void BeginBatch()
    {
        if (_batchMarks.Length != _marks.Length)
        {
            _batchMarks = new OriginMark[_marks.Length];
        }

        _marks.CopyTo(_batchMarks, 0);
    }

    /// <summary>The cursor is at the start of a segment: takes over the segment's marks.</summary>
    public void EnterSegment(Segment segment)
    {
        var marks = segment.StartMarks;
        if (_batchMarks.Length < marks.Length)
        {
            _batchMarks = new OriginMark[marks.Length];
        }

        marks.CopyTo(_batchMarks, 0);
        _batchMarks.AsSpan(marks.Length).Clear();
        _atSegmentStart = true;
        if (_unplaced is null)
        {
            return;
        }

        // The cursor reports the gap up to here as one number for all origins.
        _duplicates.Add(_unplaced, marks);
        foreach (ref readonly var mark in marks.AsSpan())
        {
            if (mark.Origin is not null)
            {
                _reconciled.Add(mark.Origin);
            }
        }

        _unplaced = null;
    }

    /// <summary>The cursor has read the entries of a segment from one index up to another.</summary>
    public void Advance(Segment segment, int from, int to) => segment.Advance(ref _batchMarks, from, to);

    /// <summary>Ends a batch that was read without a failure.</summary>
    public void CommitBatch()
    {
        (_marks, _batchMarks) = (_batchMarks, _marks);
        if (!_duplicates.Any)
        {
            return;
        }

        foreach (ref readonly var mark in _marks.AsSpan())
        {
            if (mark.Origin is { } origin && _reconciled.Contains(origin))
            {
                _duplicates.RemoveIfPassed(mark);
            }
        }

        if (!_atSegmentStart && _duplicates.TryFinish())
        {
            _reconciled.Clear();
        }
    }

    /// <summary>For the resume token: how far the client has each origin after the last batch.</summary>
    public IReadOnlyList<DeliveredPosition> ToDelivered()
    {
        if (_unplaced is not null)
        {
            return _unplaced;
        }

        var delivered = new List<DeliveredPosition>(_marks.Length);
        foreach (ref readonly var mark in _marks.AsSpan())
        {
            // The gap of an origin that was not reconciled is not reported yet: its old position stays.
            if (mark.Origin is { } origin && (!_duplicates.Any || IsDelivering(origin)))
            {
                var at = _duplicates.LaterOf(origin, mark.At);
                delivered.Add(
                    new DeliveredPosition(origin.Epoch, origin.Key.NodeHash, (ulong)at.Position, (ulong)at.Events));
            }
        }

        _duplicates.AddTo(delivered);
        return delivered;
    }

    /// <summary>The origins to reconcile before the cursor reads on: that of the next slice, and at the start of a
    /// segment all that have a mark there.</summary>
    /// <param name="next">The origin of the next slice; null if it has none.</param>
    public IReadOnlyCollection<Origin> ToReconcile(Origin? next)
    {
        HashSet<Origin>? found = null;
        if (_atSegmentStart)
        {
            foreach (ref readonly var mark in _batchMarks.AsSpan())
            {
                if (mark.Origin is { } origin && !_reconciled.Contains(origin))
                {
                    (found ??= []).Add(origin);
                }
            }
        }

        if (next is not null && !_reconciled.Contains(next))
        {
            (found ??= []).Add(next);
        }

        return (IReadOnlyCollection<Origin>?)found ?? [];
    }

    /// <summary>All of <see cref="ToReconcile"/> were reconciled.</summary>
    public void EndReconciling() => _atSegmentStart = false;

    /// <summary>Reconciles an origin.</summary>
    /// <returns>The gap between what the client has and what follows here; null if there is none.</returns>
    public OriginGap? Reconcile(Origin origin)
    {
        _reconciled.Add(origin);
        if (_duplicates.HasLaterRunThan(origin))
        {
            return null;
        }

        var read = ReadPositionOf(origin);
        if (DeliveredPositionOf(origin) is { } delivered)
        {
            return OriginGap.Between(origin, delivered, read, restarted: false);
        }

        // The client has an earlier run of the agent, which is over. If this log has that run too, it holds a loss that
        // reports the restart.
        var over = _duplicates.RemoveRunOf(origin.Key.NodeHash);
        return over is not null && !_reconciled.Any(other => other.Key == over)
            ? OriginGap.Between(origin, default, read, restarted: true)
            : OriginGap.Between(origin, origin.Start, read, restarted: false);
    }

    /// <summary>The gaps of the reconciled origins if the cursor goes on at a later segment.</summary>
    /// <param name="marks">The marks at the start of that segment.</param>
    public List<OriginGap> GapsUpTo(OriginMark[] marks)
    {
        var gaps = new List<OriginGap>();
        var present = new HashSet<Origin>();
        foreach (ref readonly var mark in marks.AsSpan())
        {
            if (mark.Origin is { } origin)
            {
                present.Add(origin);
                var from = _duplicates.LaterOf(origin, ReadPositionOf(origin));
                if (IsDelivering(origin) && OriginGap.Between(origin, from, mark.At, restarted: false) is { } gap)
                {
                    gaps.Add(gap);
                }
            }
        }

        foreach (ref readonly var mark in _batchMarks.AsSpan())
        {
            // It ended in between. How far it had been read by then is not known any more.
            if (mark.Origin is { } origin && !present.Contains(origin) && IsDelivering(origin))
            {
                gaps.Add(new OriginGap(origin, 0, HasLosses: true, Restarted: false));
            }
        }

        return gaps;
    }

    /// <inheritdoc cref="DuplicatesAhead.CountIn"/>
    public int CountDuplicates(in OriginSlice slice, int index, int end) => _duplicates.CountIn(slice, index, end);

    /// <summary>Whether the client gets the entries of an origin from here on: its gap was reported, and the client has
    /// no later run.</summary>
    private bool IsDelivering(Origin origin) => _reconciled.Contains(origin) && !_duplicates.HasLaterRunThan(origin);

    /// <summary>How far the client has an agent's run: by its token, or by another origin of the same run, which was
    /// retired while the agent was away.</summary>
    private OriginPoint? DeliveredPositionOf(Origin origin)
    {
        var delivered = _duplicates.PositionOf(origin);
        foreach (ref readonly var mark in _batchMarks.AsSpan())
        {
            if (mark.Origin is { } other && other != origin && other.Key == origin.Key && _reconciled.Contains(other)
                && !(delivered?.Position >= mark.At.Position))
            {
                delivered = mark.At;
            }
        }

        return delivered;
    }

    private OriginPoint ReadPositionOf(Origin origin) =>
        origin.Slot < _batchMarks.Length && _batchMarks[origin.Slot].Origin == origin
            ? _batchMarks[origin.Slot].At
            : origin.Start;
}
