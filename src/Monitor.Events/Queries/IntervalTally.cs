namespace Monitor.Events;

/// <summary>Counts events by intervals of time.</summary>
/// <param name="nanos">Length of an interval, above 0. They begin at multiples of it.</param>
/// <param name="now">Nanoseconds since 1970. Later events are of clocks that are ahead, and count in its interval: each could have an
/// interval of its own otherwise, and there would be as many as events.</param>
internal sealed class IntervalTally(long nanos, long now) : IEventTally
{
    private readonly Dictionary<long, EventTally> _intervals = [];

    // Events come nearly in order.
    private long _start = long.MinValue;
    private EventTally? _current;

    /// <summary>Each interval that has events, with its beginning, oldest first.</summary>
    public IEnumerable<(long Start, EventTally Tally)> Intervals =>
        _intervals.OrderBy(interval => interval.Key).Select(interval => (interval.Key, interval.Value));

    public bool TakesCountsOf(long minTime, long maxTime) => StartOf(minTime) == StartOf(maxTime);

    public void Add(in EventColumns columns, ReadOnlySpan<byte> message) => TallyOf(columns.Time).Add(columns, message);

    public void Add(long time, SegmentCounts counts, in SegmentCounts.Row row) => TallyOf(time).Add(time, counts, row);

    private EventTally TallyOf(long time)
    {
        var start = StartOf(time);
        if (start != _start || _current is null)
        {
            _start = start;
            if (!_intervals.TryGetValue(start, out _current))
            {
                _intervals.Add(start, _current = new EventTally());
            }
        }

        return _current;
    }

    private long StartOf(long time)
    {
        var counted = Math.Min(time, now);
        return counted - (((counted % nanos) + nanos) % nanos);
    }
}
