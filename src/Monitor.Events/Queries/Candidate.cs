namespace Monitor.Events;

/// <summary>An event that may be on the page.</summary>
/// <param name="Time">Its time.</param>
/// <param name="Position">Its position, which decides between events of the same time.</param>
/// <param name="Segment">The segment that it is in.</param>
internal readonly record struct Candidate(long Time, long Position, Segment Segment) : IComparable<Candidate>
{
    public int Index => (int)(Position - Segment.Start.Position);

    /// <summary>Newest first.</summary>
    public int CompareTo(Candidate other)
    {
        var byTime = other.Time.CompareTo(Time);
        return byTime != 0 ? byTime : other.Position.CompareTo(Position);
    }
}
