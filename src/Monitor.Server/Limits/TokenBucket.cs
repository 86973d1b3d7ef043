namespace Monitor.Server;

/// <summary>
/// Allows so many per second, and as many at once after a second without any. It is a time, not a count: that at which the
/// bucket is full again (GCRA), so there is nothing to refill and an idle client costs no timer. Any thread.
/// </summary>
internal sealed class TokenBucket(int perSecond, TimeProvider time)
{
    private readonly double _ticksEach = (double)time.TimestampFrequency / perSecond;
    private long _fullAt = long.MinValue;

    /// <summary>Whether nothing of it is in use.</summary>
    public bool IsFull => Volatile.Read(ref _fullAt) <= time.GetTimestamp();

    /// <summary>Takes as many as are given; where there are not as many, takes none and returns false.</summary>
    public bool TryTake(double count = 1)
    {
        var now = time.GetTimestamp();
        while (true)
        {
            var before = Volatile.Read(ref _fullAt);
            var after = Math.Max(before, now) + (long)(count * _ticksEach);
            if (after - now > time.TimestampFrequency)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _fullAt, after, before) == before)
            {
                return true;
            }
        }
    }
}
