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
    private const int MaxSegmentBytes = 4 << 20;

    private readonly int _maxSegments;
    private readonly SegmentBuffers _buffers;
    private readonly EvictionHistory _history = new();

    // The array is replaced, never changed.
    private Segment[] _segments = [];
    private long _publishedEvents;
    private long _publishedPosition;

    public LogStore(long retentionBytes, bool tracksOrigins, ulong epoch, TimeProvider time)
    {
        TracksOrigins = tracksOrigins;
        Epoch = epoch;
        Time = time;
        SegmentBytes = (int)Math.Clamp(retentionBytes / SegmentsPerLog, MinSegmentBytes, MaxSegmentBytes)
            / EventColumns.Size * EventColumns.Size;
        _maxSegments = (int)(retentionBytes / SegmentBytes);
        _buffers = new SegmentBuffers(SegmentBytes);
    }

    public ulong Epoch { get; }

    public TimeProvider Time { get; }

    /// <summary>Whether the entries come from origins.</summary>
    public bool TracksOrigins { get; }

    /// <summary>The numbers of the event types.</summary>
    public EventTypeTable Types { get; } = new();

    public int SegmentBytes { get; }

    /// <summary>Bound of the memory in bytes.</summary>
    public long CapacityBytes => (long)_maxSegments * SegmentBytes;

    /// <summary>Memory of all segments in bytes, including those that only a reader still holds.</summary>
    public long AllocatedBytes => (long)_buffers.Alive * SegmentBytes;

    /// <summary>The segments, oldest first. Each must be acquired before it is read.</summary>
    public Segment[] Segments => Volatile.Read(ref _segments);

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
        var segments = _segments;
        if (segments.Length > 0)
        {
            segments[^1].Seal();
        }

        if (segments.Length == _maxSegments)
        {
            // 1. Readers stop finding the oldest segment. 2. The log releases it. 3. When the last reader has left, which
            // is often at once, its buffer goes to the next segment.
            var oldest = segments[0];
            segments = segments[1..];
            _history.Add(oldest, segments[0].Start.Position);
            Volatile.Write(ref _segments, segments);
            oldest.Release();
        }

        var next = new Segment(_buffers, end, marks);
        Volatile.Write(ref _segments, [.. segments, next]);
        return next;
    }
}
