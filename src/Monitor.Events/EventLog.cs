using Google.Protobuf;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// A log of events, bounded by bytes, in memory: one writer appends, any number of readers follow it with cursors or
/// query it, without locks between them. The oldest segment leaves when room is needed; readers that had not come to it
/// learn exactly what they missed.
/// </summary>
/// <remarks>
/// <see cref="Append"/>, <see cref="AppendLoss(Loss)"/>, <see cref="Publish"/> and <see cref="NextSequence"/> are for one
/// thread at a time; everything else is for any thread.
/// </remarks>
public sealed class EventLog : IDisposable
{
    /// <summary>The largest encoded event that any log takes: 64 KiB. See <see cref="MaxEventBytes"/>.</summary>
    public const int MaxEventBytesOfAnyLog = 64 << 10;

    // A sixteenth is what eviction takes away at once, so a full log holds at least 15/16 of its bound. The upper bound
    // keeps the step small in large logs, the lower one keeps the bookkeeping of a segment (3 KiB) small against it.
    private const int Segments = 16;
    private const int MinSegmentBytes = 64 << 10;
    private const int MaxSegmentBytes = 4 << 20;

    // Tag and the longest length.
    private const int EntryOverhead = 1 + 3;

    private readonly EventLogOptions _options;
    private readonly int _segmentBytes;
    private readonly int _maxSegments;
    private readonly SegmentBuffers _buffers;
    private readonly EvictionHistory _history = new();
    private readonly CursorWaiters _waiters;

    // Writer's.
    private readonly long[] _typeTotals = new long[256];
    private readonly SourceTable _sources = new();
    private Segment? _current;
    private LogPoint _end;
    private long _refused;

    // What readers see. The array is replaced, never changed.
    private Segment[] _segments = [];
    private long _publishedEvents;
    private long _publishedPosition;
    private LossCounts _publishedLosses;
    private readonly Lock _lossesLock = new();

    /// <summary>Makes an empty log; its memory is taken as it fills.</summary>
    /// <param name="options">How much it keeps; not to be changed afterwards.</param>
    /// <param name="epoch">Identity of this run, see <see cref="BootEpoch"/>; tokens of others are refused.</param>
    /// <param name="time">The clock of <see cref="QueryResult.QueryTime"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is bad; the message says which and why.</exception>
    public EventLog(EventLogOptions options, ulong epoch, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        _options = options;
        Epoch = epoch;
        Time = time;
        _segmentBytes = (int)Math.Clamp(options.RetentionBytes / Segments, MinSegmentBytes, MaxSegmentBytes)
            / EventColumns.Size * EventColumns.Size;
        _maxSegments = (int)(options.RetentionBytes / _segmentBytes);
        // Beside its own columns, the alignment of all columns takes up to one line.
        MaxEventBytes = Math.Min(MaxEventBytesOfAnyLog, _segmentBytes - 2 * EventColumns.Size - EntryOverhead);
        _buffers = new SegmentBuffers(_segmentBytes);
        _waiters = new CursorWaiters(this);
    }

    /// <summary>Identity of this run.</summary>
    public ulong Epoch { get; }

    /// <summary>The numbers of the event types in this log.</summary>
    public EventTypeTable Types { get; } = new();

    /// <summary>The largest encoded event that this log takes, in bytes: 64 KiB, or what fits in a segment.</summary>
    public int MaxEventBytes { get; }

    /// <summary>The sequence that the next appended event gets: from 1, without gaps. For the writer.</summary>
    public ulong NextSequence => (ulong)_end.Events + 1;

    internal TimeProvider Time { get; }

    internal bool TakesSources => _options.TakesSources;

    internal CursorWaiters Waiters => _waiters;

    /// <summary>Position behind the last entry that readers can see.</summary>
    internal long PublishedPosition => Volatile.Read(ref _publishedPosition);

    /// <summary>How many events readers could see so far.</summary>
    internal long PublishedEvents => Volatile.Read(ref _publishedEvents);

    /// <summary>Memory that segments hold, those included that only a reader keeps.</summary>
    internal long AllocatedBytes => (long)_buffers.Alive * _segmentBytes;

    /// <summary>The segments, oldest first. Each must be acquired before it is read.</summary>
    internal Segment[] Snapshot => Volatile.Read(ref _segments);

    /// <summary>
    /// Appends an event; readers see it after the next <see cref="Publish"/>, or earlier. The bytes are copied.
    /// </summary>
    /// <param name="columns">The columns of the event; its type number is of <see cref="Types"/>.</param>
    /// <param name="encodedEvent">The encoded <see cref="Event"/>, without tag and length. Not checked: it is handed to
    /// clients as it is.</param>
    /// <returns>
    /// False where it is above <see cref="MaxEventBytes"/>: it is not stored, <see cref="LogStatistics.Refused"/>
    /// counts it, and the next event gets its sequence. The caller reports the loss.
    /// </returns>
    public bool Append(in EventColumns columns, ReadOnlySpan<byte> encodedEvent)
    {
        var segment = Room(encodedEvent.Length);
        if (segment is null)
        {
            return false;
        }

        if (_sources.Any)
        {
            _sources.NoteEvent(segment, segment.Count);
        }

        segment.AppendEvent(columns, StreamEventsResponse.EventsFieldNumber, encodedEvent);
        _typeTotals[columns.Type]++;
        _end.Position++;
        _end.Events++;
        return true;
    }

    /// <summary>Appends a loss at its place between the events; it takes no sequence.</summary>
    /// <returns>False where its encoding is above <see cref="MaxEventBytes"/>; as <see cref="Append"/>.</returns>
    public bool AppendLoss(Loss loss) => AppendLoss(null, loss, default);

    /// <summary>
    /// Adds a source: one run of one agent whose events come into this log by <see cref="AppendFrom"/>. For the writer.
    /// </summary>
    /// <param name="epoch">Identity of the run.</param>
    /// <param name="nodeName">The node.</param>
    /// <param name="start">The first place in the agent's log that is known here.</param>
    /// <param name="replaces">The source of the same agent before this one, of which nothing will come any more: an
    /// earlier run, or the same run before it was retired.</param>
    public LogSource AddSource(ulong epoch, string nodeName, SourcePoint start, LogSource? replaces = null)
    {
        ArgumentNullException.ThrowIfNull(nodeName);
        return _sources.Add(epoch, nodeName, start, replaces);
    }

    /// <summary>Says that the events which are appended next are those of a source that follow a place in its log, up to
    /// the next call of this or of <see cref="AppendLoss(LogSource, Loss, SourcePoint)"/>. For the writer.</summary>
    public void AppendFrom(LogSource source, SourcePoint before)
    {
        ArgumentNullException.ThrowIfNull(source);
        _sources.Continue(source, before);
    }

    /// <summary>As <see cref="AppendLoss(Loss)"/>, for a loss of a source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="after">The place in the source's log behind all that the loss stands for.</param>
    public bool AppendLoss(LogSource? source, Loss loss, SourcePoint after)
    {
        ArgumentNullException.ThrowIfNull(loss);
        var bytes = loss.ToByteArray();
        var segment = Room(bytes.Length);
        if (segment is null)
        {
            return false;
        }

        if (_sources.Any)
        {
            _sources.NoteLoss(segment, segment.Count, source, after);
        }

        var time = loss.LastTime is null ? 0 : UnixNanos.From(loss.LastTime) ?? 0;
        var columns = EventColumns.ForLoss(LossCounts.Slot(loss.Cause), loss.Count, time);
        segment.AppendLoss(columns, StreamEventsResponse.LossesFieldNumber, bytes);
        _end.Position++;
        _end.Losses.Add(columns);
        lock (_lossesLock)
        {
            _publishedLosses = _end.Losses;
        }

        return true;
    }

    /// <summary>Says that nothing will come of a source any more, so that resume tokens need not tell how far it was
    /// read. For the writer.</summary>
    public void RetireSource(LogSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _sources.Retire(source);
    }

    /// <summary>
    /// Lets readers see what was appended and wakes those that wait; call it after each drain of the source. Allocates
    /// nothing and takes some 10 ns where nobody waits.
    /// </summary>
    public void Publish()
    {
        if (_current is null || _publishedPosition == _end.Position)
        {
            return;
        }

        PublishEntries(_current);
        _waiters.Wake();
    }

    /// <summary>Opens a cursor.</summary>
    /// <param name="filter">Which events it delivers; null or empty for all.</param>
    /// <param name="from">Where it starts.</param>
    /// <exception cref="FilterException">The filter has a bad value.</exception>
    public EventCursor OpenCursor(EventFilter? filter, LogPosition from)
    {
        var start = PositionResolver.Resolve(this, from);
        var sources = TakesSources ? PositionResolver.SourcesAt(this, start, from) : null;
        return new EventCursor(this, EventFilterPlan.Compile(filter), start, _options.NodeName, sources);
    }

    /// <summary>Reads a stream's resume token and says whether the stream can go on without a gap.</summary>
    /// <param name="token">What the client sent; anything.</param>
    public ResumeResult Resume(string? token) => PositionResolver.Resume(this, token);

    /// <summary>Answers a query; blocks the thread for as long as it takes to scan what cannot be pruned.</summary>
    /// <exception cref="FilterException">The filter, the limit or the page token is bad.</exception>
    public QueryResult Query(EventQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return QueryRunner.Run(this, query);
    }

    /// <summary>Counts the events that match; blocks the thread for as long as it takes, about 0.1 µs for each of
    /// them.</summary>
    /// <param name="filter">Which events; null or empty for all.</param>
    /// <exception cref="FilterException">The filter has a bad value.</exception>
    public EventSummary Summarize(EventFilter? filter) => SummaryRunner.Run(this, filter);

    /// <summary>What the log holds and has taken in.</summary>
    public LogStatistics GetStatistics()
    {
        var segments = Snapshot;
        var newest = long.MinValue;
        foreach (var segment in segments)
        {
            newest = Math.Max(newest, segment.MaxTime);
        }

        LossCounts losses;
        lock (_lossesLock)
        {
            losses = _publishedLosses;
        }

        // Read before the count of all: never more than that.
        var evicted = segments.Length == 0 ? 0 : segments[0].Start.Events;
        return new LogStatistics
        {
            Epoch = Epoch,
            Bytes = (long)segments.Length * _segmentBytes,
            CapacityBytes = (long)_maxSegments * _segmentBytes,
            Appended = PublishedEvents,
            Evicted = evicted,
            Refused = Volatile.Read(ref _refused),
            OldestTimeUnixNanos = OldestTime(),
            NewestTimeUnixNanos = newest == long.MinValue ? null : newest,
            Types = TypeTotals(),
            Losses = LossTotals(losses),
        };
    }

    /// <summary>Ends the log for its readers: cursors that wait are told that nothing will follow.</summary>
    public void Dispose() => _waiters.Close();

    /// <summary>When the events between two positions were that are stored no more; nulls where unknown.</summary>
    internal (long? First, long? Last) EvictedTimes(long from, long to) => _history.TimesOf(from, to);

    /// <summary>Time of the oldest stored event; null where none is stored.</summary>
    internal long? OldestTime()
    {
        var oldest = long.MaxValue;
        foreach (var segment in Snapshot)
        {
            oldest = Math.Min(oldest, segment.MinTime);
        }

        return oldest == long.MaxValue ? null : oldest;
    }

    private Segment? Room(int messageBytes)
    {
        var segment = _current;
        if (segment is not null && segment.HasRoom(messageBytes + EntryOverhead))
        {
            return segment;
        }

        return messageBytes > MaxEventBytes ? Refuse() : Roll();
    }

    private Segment? Refuse()
    {
        Volatile.Write(ref _refused, _refused + 1);
        return null;
    }

    /// <summary>Starts the next segment, in place of the oldest one where the log is full.</summary>
    private Segment Roll()
    {
        var segments = _segments;
        if (_current is not null)
        {
            PublishEntries(_current);
            _current.Seal();
        }

        if (segments.Length == _maxSegments)
        {
            // 1. Readers stop finding the oldest; 2. the log lets go of it; 3. when the last reader has left, often at
            // once, its buffer is the next segment's.
            var oldest = segments[0];
            segments = segments[1..];
            _history.Add(oldest, segments[0].Start.Position);
            Volatile.Write(ref _segments, segments);
            oldest.Release();
        }

        _current = new Segment(_buffers, _end, _sources.Snapshot());
        Volatile.Write(ref _segments, [.. segments, _current]);
        return _current;
    }

    /// <summary>The count of events first, the position last: who sees the position finds the entries, and who has
    /// read the entries finds them counted.</summary>
    private void PublishEntries(Segment current)
    {
        Volatile.Write(ref _publishedEvents, _end.Events);
        current.Publish();
        Volatile.Write(ref _publishedPosition, _end.Position);
    }

    private List<TypeTotal> TypeTotals()
    {
        var count = Types.Count;
        var totals = new List<TypeTotal>(count + 1);
        for (var id = 1; id <= count; id++)
        {
            totals.Add(new TypeTotal(Types.Name((byte)id)!, Volatile.Read(ref _typeTotals[id])));
        }

        var other = Volatile.Read(ref _typeTotals[EventTypeTable.Other]);
        if (other > 0)
        {
            totals.Add(new TypeTotal("", other));
        }

        return totals;
    }

    private static List<LossTotal> LossTotals(in LossCounts losses)
    {
        var totals = new List<LossTotal>();
        for (var slot = 0; slot < ResumeToken.LossCauses; slot++)
        {
            if (losses[slot] > 0)
            {
                totals.Add(new LossTotal((LossCause)slot, losses[slot]));
            }
        }

        return totals;
    }
}
