namespace Monitor.Aggregator.Links;

/// <summary>Counts the changes of all links. A change is made first and counted then, so whoever sees the count sees the
/// change. Any thread.</summary>
internal sealed class FleetVersion
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    public void Advance() => Interlocked.Increment(ref _value);
}
