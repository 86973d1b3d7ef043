namespace Monitor.Events;

/// <summary>
/// For the writer of a log: the origins, how far each was read at the end of the log, and the origin of the entries that
/// are appended next.
/// </summary>
internal sealed class OriginTable
{
    // Of nodes that come and go; 24 bytes each, and some 60 in what a history stores each second.
    private const int MaxForgotten = 1_000;

    private readonly Stack<int> _freeSlots = new();
    private readonly List<OriginMark> _forgotten = [];
    private readonly HashSet<Origin> _retired = [];
    private OriginMark[] _marks = [];
    private int _slots;
    private long _added;

    // Origin of the next event, and where the event is in the origin's log.
    private Origin? _current;
    private OriginPoint _next;

    // The segment whose last slice takes the next event; null if the event needs a slice.
    private Segment? _sliceSegment;

    /// <summary>Whether an origin was ever added. Before, segments need no slices.</summary>
    public bool Any { get; private set; }

    /// <summary>How far the origins were read that were retired, and have no successor: those of late. For a history, so that the next
    /// run of this program knows it too.</summary>
    public OriginMark[] Forgotten => [.. _forgotten];

    /// <summary>Goes on where earlier runs ended.</summary>
    /// <param name="marks">How far each origin was read there, by slot.</param>
    /// <param name="forgotten">See <see cref="Forgotten"/>.</param>
    /// <param name="lastNumber">The highest number that was given.</param>
    public void Restore(OriginMark[] marks, OriginMark[] forgotten, long lastNumber)
    {
        _added = lastNumber;
        _forgotten.AddRange(forgotten);
        _marks = [.. marks];
        _slots = marks.Length;
        Any = _slots > 0;
        for (var slot = 0; slot < _slots; slot++)
        {
            if (_marks[slot].Origin is { } origin)
            {
                _added = Math.Max(_added, origin.Number);
            }
            else
            {
                _freeSlots.Push(slot);
            }
        }
    }

    public Origin Add(ulong epoch, string nodeName, OriginPoint start, Origin? replaces)
    {
        Any = true;
        var hasSlot = replaces is not null && replaces.Slot < _marks.Length && _marks[replaces.Slot].Origin == replaces;
        var origin = new Origin(epoch, nodeName, start, hasSlot ? replaces!.Slot : TakeSlot(), ++_added);
        if (replaces is not null)
        {
            replaces.Next = origin;
            // The slot stays in use, by the new origin.
            _retired.Remove(replaces);
            _forgotten.RemoveAll(mark => mark.Origin == replaces);
        }

        if (!hasSlot)
        {
            // Otherwise the mark of the replaced origin stays until the first entry of the new one.
            _marks[origin.Slot] = new OriginMark { Origin = origin, At = start };
        }

        return origin;
    }

    public void Retire(Origin origin)
    {
        if (_current == origin)
        {
            MarkCurrent();
            _current = null;
        }

        _retired.Add(origin);
    }

    /// <summary>The events that are appended next come from this origin, from this place in its log on.</summary>
    public void StartSlice(Origin origin, OriginPoint before)
    {
        MarkCurrent();
        _current = origin;
        _next = before;
        _sliceSegment = null;
    }

    /// <summary>Call it before an event is appended as the entry with this index.</summary>
    public void BeforeEvent(Segment segment, int index)
    {
        if (segment != _sliceSegment)
        {
            segment.AddSlice(new OriginSlice
            {
                Origin = _current,
                Start = index,
                Base = _next.Position,
                Losses = _next.Position - _next.Events,
            });
            _sliceSegment = segment;
        }

        _next = new OriginPoint(_next.Position + 1, _next.Events + 1);
    }

    /// <summary>Call it before a loss is appended as the entry with this index.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="index">The index.</param>
    /// <param name="origin">Whose loss; null for the log's own.</param>
    /// <param name="after">The place in the origin's log behind it.</param>
    public void BeforeLoss(Segment segment, int index, Origin? origin, OriginPoint after)
    {
        MarkCurrent();
        _current = null;
        _sliceSegment = null;
        segment.AddSlice(new OriginSlice
        {
            Origin = origin,
            Start = index,
            Base = after.Position - 1,
            Losses = after.Position - after.Events,
        });
        if (origin is not null)
        {
            _marks[origin.Slot] = new OriginMark { Origin = origin, At = after };
        }
    }

    /// <summary>The marks for the start of a new segment, by slot. Forgets retired origins.</summary>
    public OriginMark[] MarksForNextSegment()
    {
        MarkCurrent();
        foreach (var retired in _retired)
        {
            if (_marks[retired.Slot].Origin == retired)
            {
                _forgotten.Add(_marks[retired.Slot]);
                _marks[retired.Slot] = default;
                _freeSlots.Push(retired.Slot);
            }
        }

        _retired.Clear();
        _forgotten.RemoveRange(0, Math.Max(0, _forgotten.Count - MaxForgotten));
        return Any ? _marks[.._slots] : [];
    }

    private void MarkCurrent()
    {
        if (_current is not null)
        {
            _marks[_current.Slot] = new OriginMark { Origin = _current, At = _next };
        }
    }

    private int TakeSlot()
    {
        if (_freeSlots.TryPop(out var free))
        {
            return free;
        }

        if (_slots == _marks.Length)
        {
            Array.Resize(ref _marks, Math.Max(16, _slots * 2));
        }

        return _slots++;
    }
}
