namespace Monitor.Events;

/// <summary>
/// The sources of a log, for its writer: how far each was read at the end of the log, and which one the entries that
/// are appended next come from.
/// </summary>
internal sealed class SourceTable
{
    private readonly Stack<int> _freeSlots = new();
    private readonly HashSet<LogSource> _retired = [];
    private SourceMark[] _marks = [];
    private int _slots;

    private LogSource? _current;
    private SourcePoint _next;
    private Segment? _runSegment;

    /// <summary>Whether there ever was a source. While there is none, segments keep no runs.</summary>
    public bool Any { get; private set; }

    public LogSource Add(ulong epoch, string nodeName, SourcePoint start, LogSource? replaces)
    {
        Any = true;
        var slot = replaces is not null && _marks[replaces.Slot].Source == replaces ? replaces.Slot : TakeSlot();
        var source = new LogSource(epoch, nodeName, start, slot);
        if (replaces is not null)
        {
            replaces.Next = source;
            // The place is the new one's.
            _retired.Remove(replaces);
        }

        if (replaces is null || _marks[slot].Source != replaces)
        {
            // A replaced source is remembered until the first entry of the new one.
            _marks[slot] = new SourceMark { Source = source, At = start };
        }

        return source;
    }

    public void Retire(LogSource source)
    {
        if (_current == source)
        {
            Flush();
            _current = null;
        }

        _retired.Add(source);
    }

    /// <summary>The entries that are appended next are this source's.</summary>
    public void Continue(LogSource source, SourcePoint before)
    {
        Flush();
        _current = source;
        _next = before;
        _runSegment = null;
    }

    /// <summary>An event will be appended as the entry with this index.</summary>
    public void NoteEvent(Segment segment, int index)
    {
        if (segment != _runSegment)
        {
            segment.AddRun(new SourceRun
            {
                Source = _current,
                Start = index,
                Base = _next.Position,
                Losses = _next.Position - _next.Events,
            });
            _runSegment = segment;
        }

        _next = new SourcePoint(_next.Position + 1, _next.Events + 1);
    }

    /// <summary>A loss will be appended as the entry with this index.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="index">The index.</param>
    /// <param name="source">Whose; null: the log's own.</param>
    /// <param name="after">Where the source is behind it.</param>
    public void NoteLoss(Segment segment, int index, LogSource? source, SourcePoint after)
    {
        Flush();
        _current = null;
        _runSegment = null;
        segment.AddRun(new SourceRun
        {
            Source = source,
            Start = index,
            Base = after.Position - 1,
            Losses = after.Position - after.Events,
        });
        if (source is not null)
        {
            _marks[source.Slot] = new SourceMark { Source = source, At = after };
        }
    }

    /// <summary>How far each source was read, by slot; for the start of a segment. Forgets those that were retired.</summary>
    public SourceMark[] Snapshot()
    {
        Flush();
        foreach (var retired in _retired)
        {
            if (_marks[retired.Slot].Source == retired)
            {
                _marks[retired.Slot] = default;
                _freeSlots.Push(retired.Slot);
            }
        }

        _retired.Clear();
        return Any ? _marks[.._slots] : [];
    }

    /// <summary>Notes how far the source was read whose events were appended last.</summary>
    private void Flush()
    {
        if (_current is not null)
        {
            _marks[_current.Slot] = new SourceMark { Source = _current, At = _next };
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
