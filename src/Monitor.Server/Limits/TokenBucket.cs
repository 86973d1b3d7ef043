namespace Monitor.Server;

/// <summary>
/// Allows so many in a period, and as many at once after a period without any. It is a time, not a count: that at which the
/// bucket is full again (GCRA), so there is nothing to refill and an idle client costs no timer. Any thread.
/// </summary>
internal sealed class TokenBucket(int count, TimeSpan period, TimeProvider time)
{
    private readonly double _ticks = period.TotalSeconds * time.TimestampFrequency;
    private readonly double _ticksEach = period.TotalSeconds * time.TimestampFrequency / count;
    private long _fullAt = long.MinValue;

    /// <summary>Whether nothing of it is in use.</summary>
    public bool IsFull => Volatile.Read(ref _fullAt) <= time.GetTimestamp();

    /// <summary>Whether nothing is left to take now.</summary>
    public bool IsEmpty => Volatile.Read(ref _fullAt) > time.GetTimestamp() + _ticks - _ticksEach;

    /// <summary>Takes as many as are given; where there are not as many, takes none and returns false.</summary>
    public bool TryTake(double taken = 1)
    {
        var now = time.GetTimestamp();
        while (true)
        {
            var before = Volatile.Read(ref _fullAt);
            var after = Math.Max(before, now) + (long)(taken * _ticksEach);
            if (after - now > _ticks)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _fullAt, after, before) == before)
            {
                return true;
            }
        }
    }

    /// <summary>Takes as many as are given, also where there are not as many: it is empty until they have come.</summary>
    public void Take(double taken)
    {
        var now = time.GetTimestamp();
        long before;
        do
        {
            before = Volatile.Read(ref _fullAt);
        }
        while (Interlocked.CompareExchange(ref _fullAt, Math.Max(before, now) + (long)(taken * _ticksEach), before) != before);
    }

    /// <summary>Puts one back that was taken.</summary>
    public void GiveBack() => Interlocked.Add(ref _fullAt, -(long)_ticksEach);
}
