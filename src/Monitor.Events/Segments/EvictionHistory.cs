namespace Monitor.Events;

/// <summary>
/// Remembers the time ranges of the segments that were evicted last, so that a reader that missed them learns when that
/// was. Older ranges are forgotten.
/// </summary>
internal sealed class EvictionHistory
{
    // 24 bytes each. At the defaults a full log has 16 segments, so this goes back 64 times its length.
    private const int Capacity = 1024;

    private readonly Lock _lock = new();
    private readonly Evicted[] _ring = new Evicted[Capacity];
    private int _count;
    private int _next;
    private long _newest = long.MinValue;

    private struct Evicted
    {
        public long End;
        public long MinTime;
        public long MaxTime;
    }

    /// <summary>Time of the newest event that was evicted; long.MinValue where none was.</summary>
    public long NewestTime
    {
        get
        {
            lock (_lock)
            {
                return _newest;
            }
        }
    }

    /// <summary>Adds a segment; they come nearly in the order of their positions.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="end">Position behind its last entry.</param>
    public void Add(Segment segment, long end)
    {
        lock (_lock)
        {
            _ring[_next] = new Evicted { End = end, MinTime = segment.MinTime, MaxTime = segment.MaxTime };
            _next = (_next + 1) % Capacity;
            _count = Math.Min(_count + 1, Capacity);
            _newest = Math.Max(_newest, segment.MaxTime);
        }
    }

    /// <summary>The range of times of the evicted events from a position up to another.</summary>
    /// <returns>Nulls if it is not known any more.</returns>
    public (long? First, long? Last) TimesOf(long from, long to)
    {
        lock (_lock)
        {
            var min = long.MaxValue;
            var max = long.MinValue;
            for (var back = 1; back <= _count; back++)
            {
                ref var evicted = ref _ring[(_next - back + Capacity) % Capacity];
                if (evicted.End > to)
                {
                    continue;
                }

                if (evicted.End <= from)
                {
                    return min <= max ? (min, max) : (null, null);
                }

                min = Math.Min(min, evicted.MinTime);
                max = Math.Max(max, evicted.MaxTime);
            }

            // All of them were passed: complete only if nothing was forgotten yet.
            return _count < Capacity && min <= max ? (min, max) : (null, null);
        }
    }
}
