namespace Monitor.Aggregator.Links;

/// <summary>Events per second over the last ten whole seconds. Not safe for threads.</summary>
internal sealed class RateMeter(TimeProvider time)
{
    private const int Seconds = 10;

    // By second, the one that has begun included.
    private readonly long[] _counts = new long[Seconds + 1];
    private readonly long _start = time.GetTimestamp();
    private long _second;

    public void Add(long events)
    {
        Advance();
        _counts[_second % _counts.Length] += events;
    }

    public double PerSecond()
    {
        Advance();
        var sum = 0L;
        foreach (var count in _counts)
        {
            sum += count;
        }

        return (double)(sum - _counts[_second % _counts.Length]) / Seconds;
    }

    private void Advance()
    {
        var second = (long)time.GetElapsedTime(_start).TotalSeconds;
        for (var passed = Math.Min(second - _second, _counts.Length); passed > 0; passed--)
        {
            _counts[(second - passed + 1) % _counts.Length] = 0;
        }

        _second = second;
    }
}
