using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// Metrics of the network, counted by following a log, as any other reader of it: whoever appends pays nothing. Takes some 30 ns
/// for an event like another that was seen lately (<see cref="EventShape"/>). Where the log was faster, what it evicted is
/// in <see cref="Missed"/>: the counted and the missed are all that was stored. Any thread.
/// </summary>
public sealed class NetworkCounts
{
    private readonly LogStore _log;
    private readonly CursorWait _wait;
    private readonly IReadOnlyList<NetworkLabel> _labels;
    private readonly int _maxSeries;
    private readonly Lock _lock = new();

    // Made when the first event is counted, or somebody looks: an agent that has nothing to do need not have them.
    private NetworkFamilies? _families;
    private ShapeReader? _reader;
    private EventShapes? _shapes;
    private long _position;
    private long _events;
    private long _missed;

    /// <summary>Begins with the events of this run.</summary>
    /// <param name="log">The log.</param>
    /// <param name="labels">Labels of all metrics, each once.</param>
    /// <param name="maxSeries">Most series of one metric; see <see cref="SeriesFamily"/>.</param>
    public NetworkCounts(EventLog log, IReadOnlyList<NetworkLabel> labels, int maxSeries)
    {
        ArgumentNullException.ThrowIfNull(log);
        _log = log.Store;
        _wait = new CursorWait(log.Waiters);
        _position = _log.RunStart.Position;
        _events = _log.RunStart.Events;
        _labels = labels;
        _maxSeries = maxSeries;
    }

    /// <summary>How many stored events were evicted before they were counted.</summary>
    public long Missed => Volatile.Read(ref _missed);

    /// <summary>How many stored events were counted.</summary>
    public long Counted => Volatile.Read(ref _events) - _log.RunStart.Events - Volatile.Read(ref _missed);

    /// <summary>Counts what was published since the last time.</summary>
    /// <returns>How many entries of the log that was.</returns>
    public long CatchUp()
    {
        lock (_lock)
        {
            var start = _position;
            var end = _log.PublishedPosition;
            while (_position < end)
            {
                var segments = _log.Segments;
                var segment = PositionResolver.Find(segments, _position);
                // What is not in memory any more is not read for this.
                if (segment is null || !segment.TryEnter())
                {
                    SkipEvicted();
                    continue;
                }

                try
                {
                    CountSegment(segment);
                }
                finally
                {
                    segment.Release();
                }
            }

            return _position - start;
        }
    }

    /// <summary>Counts what is new, and shows the metrics. They do not change meanwhile.</summary>
    public void Read(Action<IReadOnlyList<SeriesFamily>> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        lock (_lock)
        {
            CatchUp();
            read(Families.All);
        }
    }

    private NetworkFamilies Families => _families ??= new NetworkFamilies(_labels, _maxSeries, _log.TracksOrigins);

    /// <summary>Waits until something is published that was not counted. One wait at a time.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        long position;
        lock (_lock)
        {
            position = _position;
        }

        await _wait.WaitAsync(position, cancellationToken);
    }

    private void SkipEvicted()
    {
        if (_log.OldestInMemory is not { } segment || segment.Start.Position <= _position)
        {
            return;
        }

        var oldest = segment.Start;
        Volatile.Write(ref _missed, _missed + oldest.Events - _events);
        Volatile.Write(ref _events, oldest.Events);
        _position = oldest.Position;
    }

    private void CountSegment(Segment segment)
    {
        var count = segment.Published;
        var events = _events;
        var first = (int)(_position - segment.Start.Position);
        var start = segment.ByteStart(first);
        for (var index = first; index < count; index++)
        {
            ref readonly var columns = ref segment.Columns(index);
            var end = columns.End;
            if (!columns.IsLoss)
            {
                Count(columns, segment.Bytes(start, end));
                events++;
            }

            start = end;
        }

        Volatile.Write(ref _events, events);
        _position += count - first;
    }

    private void Count(in EventColumns columns, ReadOnlySpan<byte> entry)
    {
        var set = EventShapes.SetOf(columns, entry.Length);
        _shapes ??= new EventShapes();
        if (_shapes.Find(set, entry) is { } known)
        {
            known.Count(entry);
            return;
        }

        if ((columns.Flags & ColumnFlags.Unique) == 0)
        {
            // The generated parser merges fields that occur twice. No agent encodes events like that.
            var response = new StreamEventsResponse();
            Google.Protobuf.MessageExtensions.MergeFrom(response, entry);
            entry = Google.Protobuf.MessageExtensions.ToByteArray(response);
            Add(columns, entry, set: -1);
            return;
        }

        Add(columns, entry, set);
    }

    private void Add(in EventColumns columns, ReadOnlySpan<byte> entry, int set)
    {
        _reader ??= new ShapeReader(_labels);
        _reader.Read(entry);
        var mask = _reader.MaskOf(entry);
        var shape = new EventShape(entry, mask, Families.IncrementsOf(_reader, entry, columns.Failed));
        shape.Count(entry);
        if (set >= 0 && !mask.IsEmpty)
        {
            _shapes!.Add(set, shape);
        }
    }
}
