namespace Monitor.Aggregator.Tests.Links.Support;

/// <summary>A wall clock that is off, and can be set.</summary>
internal sealed class ShiftedTime(TimeSpan shift) : TimeProvider
{
    private long _shiftTicks = shift.Ticks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Volatile.Read(ref _shiftTicks));

    /// <summary>Sets the clock forward, or back by less than nothing.</summary>
    public void Set(TimeSpan by) => Interlocked.Add(ref _shiftTicks, by.Ticks);
}
