namespace Monitor.Events;

/// <summary>
/// The stored part of a log: its segments, and how far readers see them. One writer (the <see cref="EventLog"/>), any
/// number of readers, no locks between them.
/// </summary>
internal sealed class LogStore
{
    // Eviction takes away one segment at a time, so a full log holds at least 15/16 of its bound. The upper bound keeps
    // this step small in large logs. The lower one keeps the bookkeeping of a segment (3 KiB) small against its content.
    private const int SegmentsPerLog = 16;
    private const int MinSegmentBytes = 64 << 10;
    public const int MaxSegmentBytes = 4 << 20;

    private readonly int _maxSegments;
    private readonly SegmentBuffers _buffers;
    private readonly EvictionHistory _history = new();

    // Guards the replacing of the array, which the writer and the history do.
    private readonly Lock _replacing = new();

    // Stored segments, and behind them those that are in memory for good. The array is replaced, never changed.
    private Segment[] _segments = [];
    private int _inMemory;
    private OriginMark[] _forgotten = [];
    private long _publishedEvents;
    private long _publishedPosition;

    public LogStore(long retentionBytes, bool tracksOrigins, ulong epoch, TimeProvider time, RestoredLog? restored)
    {
        TracksOrigins = tracksOrigins;
        Epoch = epoch;
        Time = time;
        SegmentBytes = (int)Math.Clamp(retentionBytes / SegmentsPerLog, MinSegmentBytes, MaxSegmentBytes)
            / EventColumns.Size * EventColumns.Size;
        _maxSegments = (int)(retentionBytes / SegmentBytes);
        _buffers = new SegmentBuffers(SegmentBytes);
        Types = restored?.Types ?? new EventTypeTable();
        _segments = restored?.Segments ?? [];
        var start = restored?.End ?? default;
        _publishedPosition = start.Position;
        _publishedEvents = start.Events;
        Runs = [.. restored?.Runs ?? [], new LogRun(epoch, start)];
    }

    public ulong Epoch { get; }

    public TimeProvider Time { get; }

    /// <summary>Whether the entries come from origins.</summary>
    public bool TracksOrigins { get; }

    /// <summary>The numbers of the event types.</summary>
    public EventTypeTable Types { get; }

    /// <summary>The runs that wrote the log, oldest first; the last one is this.</summary>
    public LogRun[] Runs { get; }

    /// <summary>Where this run starts.</summary>
    public LogPoint RunStart => Runs[^1].Start;

    public int SegmentBytes { get; }

    /// <summary>Bound of the memory in bytes.</summary>
    public long CapacityBytes => (long)_maxSegments * SegmentBytes;

    /// <summary>Memory of all segments in bytes, including those that only a reader still holds.</summary>
    public long AllocatedBytes => (long)_buffers.Alive * SegmentBytes;

    /// <summary>The segments, oldest first. Each must be acquired before it is read. Entries may be missing between two where
    /// one could not be stored, or read again.</summary>
    public Segment[] Segments => Volatile.Read(ref _segments);

    /// <inheritdoc cref="OriginTable.Forgotten"/>
    public OriginMark[] Forgotten
    {
        get => Volatile.Read(ref _forgotten);
        set => Volatile.Write(ref _forgotten, value);
    }

    /// <summary>How many segments are in memory for good.</summary>
    public int SegmentsInMemory => Volatile.Read(ref _inMemory);

    /// <summary>The oldest segment in memory; null before the first.</summary>
    public Segment? OldestInMemory
    {
        get
        {
            lock (_replacing)
            {
                return _inMemory == 0 ? null : _segments[^_inMemory];
            }
        }
    }

    /// <summary>The run that wrote the entry at a position, or will write it.</summary>
    public LogRun RunOf(long position)
    {
        var number = Runs.Length - 1;
        while (number > 0 && Runs[number].Start.Position > position)
        {
            number--;
        }

        return Runs[number];
    }

    /// <summary>Position behind the last entry that readers can see.</summary>
    public long PublishedPosition => Volatile.Read(ref _publishedPosition);

    /// <summary>How many events readers could see so far.</summary>
    public long PublishedEvents => Volatile.Read(ref _publishedEvents);

    /// <summary>Time range of the evicted events between two positions; nulls if it is not known any more.</summary>
    public (long? First, long? Last) EvictedTimes(long from, long to) => _history.TimesOf(from, to);

    /// <summary>Time of the newest event that was evicted; long.MinValue where none was.</summary>
    public long NewestEvictedTime => _history.NewestTime;

    /// <summary>Time of the oldest stored event; null if no event is stored.</summary>
    public long? OldestTime()
    {
        var oldest = long.MaxValue;
        foreach (var segment in Segments)
        {
            oldest = Math.Min(oldest, segment.MinTime);
        }

        return oldest == long.MaxValue ? null : oldest;
    }

    /// <summary>Time of the newest stored event; null if no event is stored.</summary>
    public long? NewestTime()
    {
        var newest = long.MinValue;
        foreach (var segment in Segments)
        {
            newest = Math.Max(newest, segment.MaxTime);
        }

        return newest == long.MinValue ? null : newest;
    }

    // ---- Writer ----

    /// <summary>Lets readers see everything that was appended.</summary>
    /// <param name="end">The end of the log.</param>
    /// <returns>False if readers see all of it already.</returns>
    public bool TryPublish(in LogPoint end)
    {
        if (_publishedPosition == end.Position)
        {
            return false;
        }

        // The count of events first, the position last: a reader that sees the position finds the entries, and a reader
        // that has read the entries finds them counted.
        Volatile.Write(ref _publishedEvents, end.Events);
        _segments[^1].Publish();
        Volatile.Write(ref _publishedPosition, end.Position);
        return true;
    }

    /// <summary>Publishes, and starts the next segment, in place of the oldest one if the log is full.</summary>
    /// <param name="end">The end of the log.</param>
    /// <param name="marks">How far each origin was read there.</param>
    public Segment StartSegment(in LogPoint end, OriginMark[] marks)
    {
        TryPublish(end);
        Segment? oldest = null;
        if (_inMemory > 0)
        {
            _segments[^1].Seal();
        }

        if (_inMemory == _maxSegments)
        {
            // 1. Readers stop finding the oldest segment, unless it is stored. 2. The log releases it. 3. When the last reader
            // has left, which is often at once, its buffer goes to the next segment.
            lock (_replacing)
            {
                oldest = _segments[^_inMemory];
                Volatile.Write(ref _inMemory, _inMemory - 1);
                if (oldest.Stored is null)
                {
                    Forget([oldest]);
                }
            }

            oldest.Release();
        }

        var next = new Segment(_buffers, end, marks);
        lock (_replacing)
        {
            Volatile.Write(ref _segments, [.. _segments, next]);
            Volatile.Write(ref _inMemory, _inMemory + 1);
        }

        return next;
    }

    // ---- History ----

    /// <summary>Readers find these segments no more, once they have left memory.</summary>
    public void Remove(IReadOnlyCollection<Segment> segments)
    {
        lock (_replacing)
        {
            foreach (var segment in segments)
            {
                segment.StoreIsLost();
            }

            var inMemory = _segments.AsSpan(_segments.Length - _inMemory).ToArray();
            Forget([.. segments.Where(segment => !inMemory.Contains(segment))]);
        }
    }

    private void Forget(HashSet<Segment> gone)
    {
        var segments = _segments;
        var kept = new List<Segment>(segments.Length);
        for (var number = 0; number < segments.Length; number++)
        {
            if (!gone.Contains(segments[number]))
            {
                kept.Add(segments[number]);
            }
            else if (number + 1 < segments.Length)
            {
                _history.Add(segments[number], segments[number + 1].Start.Position);
            }
        }

        Volatile.Write(ref _segments, [.. kept]);
    }
}
