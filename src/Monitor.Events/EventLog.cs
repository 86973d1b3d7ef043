using Google.Protobuf;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// A log of events in memory, bounded by bytes. One writer appends; any number of readers follow it with cursors or query
/// it, without locks between them. When room is needed, the oldest segment is evicted; readers that had not read it learn
/// exactly what they missed.
/// </summary>
/// <remarks>
/// The methods that append, <see cref="AddOrigin"/>, <see cref="RetireOrigin"/>, <see cref="Publish"/> and
/// <see cref="NextSequence"/> are for one thread at a time. All others are for any thread.
/// </remarks>
public sealed class EventLog : IDisposable
{
    /// <summary>The largest encoded event that any log takes: 64 KiB. See <see cref="MaxEventBytes"/>.</summary>
    public const int MaxEventBytesOfAnyLog = 64 << 10;

    // Tag and the longest length.
    private const int EntryOverhead = 1 + 3;

    private readonly LogStore _store;
    private readonly CursorWaiters _waiters;
    private readonly string _nodeName;

    // The writer's.
    private readonly long[] _typeTotals = new long[256];
    private readonly OriginTable _origins = new();
    private Segment? _current;
    private LogPoint _end;
    private long _refused;

    private LossCounts _losses;
    private readonly Lock _lossesLock = new();

    /// <summary>Makes an empty log. It allocates its memory as it fills.</summary>
    /// <param name="options">How much it keeps. Must not change afterwards.</param>
    /// <param name="epoch">Identity of this run, see <see cref="BootEpoch"/>.</param>
    /// <param name="time">The clock of <see cref="QueryResult.QueryTime"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is not accepted; the message says which and why.</exception>
    /// <param name="restored">What earlier runs left, behind which it goes on. Null: nothing.</param>
    public EventLog(EventLogOptions options, ulong epoch, TimeProvider time, RestoredLog? restored = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        _nodeName = options.NodeName;
        _store = new LogStore(options.RetentionBytes, options.TracksOrigins, epoch, time, restored);
        _end = _store.RunStart;
        _losses = _end.Losses;
        if (restored is not null)
        {
            _origins.Restore(restored.Marks, restored.Forgotten, restored.LastOrigin);
            if (restored.Segments.Length > 0)
            {
                // So that one that cannot be read is always followed by one that can.
                _current = StartSegment();
            }
        }

        _waiters = new CursorWaiters(_store);
        // An entry needs its own columns, and the alignment of all columns takes up to one cache line.
        MaxEventBytes = Math.Min(MaxEventBytesOfAnyLog, _store.SegmentBytes - 2 * EventColumns.Size - EntryOverhead);
    }

    /// <summary>Identity of this run.</summary>
    public ulong Epoch => _store.Epoch;

    /// <summary>The numbers of the event types in this log.</summary>
    public EventTypeTable Types => _store.Types;

    /// <summary>Time of the newest event that was evicted, in nanoseconds since 1970: later ones are all stored. long.MinValue
    /// where none was.</summary>
    public long NewestEvictedTimeUnixNanos => _store.NewestEvictedTime;

    /// <summary>Whether it goes on behind what earlier runs stored.</summary>
    public bool IsRestored => _store.Runs.Length > 1;

    /// <summary>The largest encoded event that this log takes, in bytes: 64 KiB, or what fits in a segment.</summary>
    public int MaxEventBytes { get; }

    /// <summary>The sequence of the next appended event: from 1, without gaps. For the writer.</summary>
    public ulong NextSequence => (ulong)(_end.Events - _store.RunStart.Events) + 1;

    internal LogStore Store => _store;

    internal CursorWaiters Waiters => _waiters;

    /// <summary>
    /// Appends an event. Readers see it after the next <see cref="Publish"/>, or earlier. The bytes are copied.
    /// </summary>
    /// <param name="columns">The columns of the event, with a type number from <see cref="Types"/>.</param>
    /// <param name="encodedEvent">The encoded <see cref="Event"/>, without tag and length. Not checked: clients get it as
    /// it is.</param>
    /// <param name="peer">Encoded <c>peer_*</c> fields, if the writer knows the peer. They follow the event, and win over
    /// those that it has; the columns are those without them.</param>
    /// <param name="peerEvent">Encoded <c>peer_event_id</c>, of an event that has none.</param>
    /// <returns>
    /// False if it is above <see cref="MaxEventBytes"/>: it is not stored, <see cref="LogStatistics.Refused"/> counts it,
    /// and the next event gets its sequence. The caller reports the loss.
    /// </returns>
    public bool Append(
        in EventColumns columns,
        ReadOnlySpan<byte> encodedEvent,
        ReadOnlySpan<byte> peer = default,
        ReadOnlySpan<byte> peerEvent = default)
    {
        var segment = Room(encodedEvent.Length + peer.Length + peerEvent.Length);
        if (segment is null)
        {
            return false;
        }

        if (_origins.Any)
        {
            _origins.BeforeEvent(segment, segment.Count);
        }

        segment.AppendEvent(
            peer.IsEmpty ? columns : columns.WithPeer(), StreamEventsResponse.EventsFieldNumber, encodedEvent, peer, peerEvent);
        _typeTotals[columns.Type]++;
        _end.Position++;
        _end.Events++;
        return true;
    }

    /// <summary>Appends a loss at its place between the events. It takes no sequence.</summary>
    /// <returns>False if its encoding is above <see cref="MaxEventBytes"/>; see <see cref="Append"/>.</returns>
    public bool AppendLoss(Loss loss) => AppendLoss(null, loss, default);

    /// <summary>Adds an origin: one run of one agent whose entries are copied into this log.</summary>
    /// <param name="epoch">Identity of the run.</param>
    /// <param name="nodeName">Name of the agent's node.</param>
    /// <param name="start">The place in the agent's log where the copy starts.</param>
    /// <param name="replaces">The origin of the same agent before this one, from which nothing will be appended any more:
    /// an earlier run, or the same run before it was retired.</param>
    public Origin AddOrigin(ulong epoch, string nodeName, OriginPoint start, Origin? replaces = null)
    {
        ArgumentNullException.ThrowIfNull(nodeName);
        return _origins.Add(epoch, nodeName, start, replaces);
    }

    /// <summary>
    /// Sets where the next appended events come from, until the next call of this method or of
    /// <see cref="AppendLoss(Origin, Loss, OriginPoint)"/>.
    /// </summary>
    /// <param name="origin">Their origin.</param>
    /// <param name="before">The place in the origin's log before the first of them. The others follow without a gap.</param>
    public void AppendFrom(Origin origin, OriginPoint before)
    {
        ArgumentNullException.ThrowIfNull(origin);
        _origins.StartSlice(origin, before);
    }

    /// <summary>Appends a loss of an origin, like <see cref="AppendLoss(Loss)"/>.</summary>
    /// <param name="origin">The origin; null for a loss of this log itself.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="after">The place in the origin's log behind all entries that the loss stands for.</param>
    public bool AppendLoss(Origin? origin, Loss loss, OriginPoint after)
    {
        ArgumentNullException.ThrowIfNull(loss);
        var bytes = loss.ToByteArray();
        var segment = Room(bytes.Length);
        if (segment is null)
        {
            return false;
        }

        if (_origins.Any)
        {
            _origins.BeforeLoss(segment, segment.Count, origin, after);
        }

        var columns = LossCounts.ColumnsOf(loss);
        segment.AppendLoss(columns, StreamEventsResponse.LossesFieldNumber, bytes);
        _end.Position++;
        _end.Losses.Add(columns);
        lock (_lossesLock)
        {
            _losses = _end.Losses;
        }

        return true;
    }

    /// <summary>
    /// Retires an origin from which nothing will be appended any more: resume tokens forget it with the next segment.
    /// </summary>
    public void RetireOrigin(Origin origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        _origins.Retire(origin);
    }

    /// <summary>
    /// Lets readers see what was appended, and wakes those that wait. Call it after each group of events. Allocates
    /// nothing and takes some 10 ns if no reader waits.
    /// </summary>
    public void Publish()
    {
        if (_store.TryPublish(_end))
        {
            _waiters.Wake();
        }
    }

    /// <summary>Opens a cursor.</summary>
    /// <param name="filter">Which events it delivers; null or empty for all.</param>
    /// <param name="from">Where it starts.</param>
    /// <exception cref="FilterException">A value of the filter is not accepted.</exception>
    public EventCursor OpenCursor(EventFilter? filter, LogPosition from)
    {
        var start = PositionResolver.Resolve(_store, from);
        var origins = _store.TracksOrigins ? PositionResolver.OriginsAt(_store, start, from) : null;
        return new EventCursor(_store, _waiters, EventFilterPlan.Compile(filter), start, _nodeName, origins);
    }

    /// <summary>Reads a stream's resume token, and says whether the stream can go on without a gap.</summary>
    /// <param name="token">The client's text; anything.</param>
    public ResumeResult Resume(string? token) => PositionResolver.Resume(_store, token);

    /// <summary>Answers a query. Blocks the thread while it scans.</summary>
    /// <exception cref="FilterException">The filter, the limit or the page token is not accepted.</exception>
    public QueryResult Query(EventQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return QueryRunner.Run(_store, query);
    }

    /// <summary>A copy of the stored event whose id has these parts, encoded; null if none is stored that matches.</summary>
    /// <exception cref="FilterException">A value of the filter is not accepted.</exception>
    public byte[]? Find(ulong epoch, ulong sequence, EventFilter? filter = null) =>
        EventFinder.Find(_store, epoch, sequence, EventFilterPlan.Compile(filter));

    /// <summary>Counts the matching events. Blocks the thread, about 0.1 µs for each of them.</summary>
    /// <param name="filter">Which events; null or empty for all.</param>
    /// <param name="interval">Length of intervals of time to count by too, above 0; they begin at multiples of it since 1970. Null:
    /// none.</param>
    /// <param name="cancellationToken">Ends it early, where the log reaches into a history.</param>
    /// <exception cref="FilterException">A value of the filter is not accepted.</exception>
    public EventSummary Summarize(EventFilter? filter, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        SummaryRunner.Run(_store, filter, interval, cancellationToken);

    /// <summary>Sums the matching events by who talks to whom. Blocks the thread, for each of them as long as
    /// three times <see cref="EventColumns.TryParse(ReadOnlySpan{byte}, EventTypeTable, out EventColumns)"/> takes.</summary>
    /// <exception cref="FilterException">The filter, the limit or the page token is not accepted.</exception>
    public FlowResult SumFlows(FlowQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return BeginFlows(query, long.MinValue).Finish();
    }

    /// <summary>Begins as <see cref="SumFlows"/>, where events before some time may have left the log.</summary>
    /// <param name="query">The query.</param>
    /// <param name="completeSince">From this time on the log has all; earlier ones it leaves out. Nanoseconds since 1970.</param>
    /// <exception cref="FilterException">The filter, the limit or the page token is not accepted.</exception>
    public FlowSummation BeginFlows(FlowQuery query, long completeSince)
    {
        ArgumentNullException.ThrowIfNull(query);
        return new FlowSummation(_store, query, completeSince);
    }

    /// <summary>What the log holds, and what was appended so far.</summary>
    public LogStatistics GetStatistics()
    {
        var segments = _store.Segments;
        LossCounts losses;
        lock (_lossesLock)
        {
            losses = _losses;
        }

        // Read before the count of all events, so that it is never above it.
        var start = _store.RunStart;
        var evicted = segments.Length == 0 ? 0 : Math.Max(0, segments[0].Start.Events - start.Events);
        return new LogStatistics
        {
            Epoch = Epoch,
            Bytes = (long)_store.SegmentsInMemory * _store.SegmentBytes,
            CapacityBytes = _store.CapacityBytes,
            Appended = _store.PublishedEvents - start.Events,
            Evicted = evicted,
            Refused = Volatile.Read(ref _refused),
            OldestTimeUnixNanos = _store.OldestTime(),
            NewestTimeUnixNanos = _store.NewestTime(),
            Types = TypeTotals(),
            Losses = LossTotals(losses.Since(start.Losses)),
        };
    }

    /// <summary>Ends the log for its readers: cursors that wait learn that nothing will follow.</summary>
    public void Dispose() => _waiters.Close();

    /// <summary>A segment with room for an entry; null if the entry is too large for any.</summary>
    private Segment? Room(int messageBytes)
    {
        var segment = _current;
        if (segment is not null && segment.HasRoom(messageBytes + EntryOverhead))
        {
            return segment;
        }

        if (messageBytes > MaxEventBytes)
        {
            Volatile.Write(ref _refused, _refused + 1);
            return null;
        }

        _current = StartSegment();
        return _current;
    }

    private Segment StartSegment()
    {
        var marks = _origins.MarksForNextSegment();
        if (_origins.Any)
        {
            _store.Forgotten = _origins.Forgotten;
        }

        return _store.StartSegment(_end, marks);
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
