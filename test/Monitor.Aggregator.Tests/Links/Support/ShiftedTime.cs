namespace Monitor.Aggregator.Tests.Links.Support;

/// <summary>A wall clock that is off.</summary>
internal sealed class ShiftedTime(TimeSpan shift) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + shift;
}
