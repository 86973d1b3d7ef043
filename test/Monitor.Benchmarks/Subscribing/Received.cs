namespace Monitor.Benchmarks.Subscribing;

/// <summary>What a subscriber received.</summary>
/// <param name="Events">Events.</param>
/// <param name="Losses">Loss records; each may stand for many events.</param>
/// <param name="MedianAgeNanos">From the event's timestamp to its arrival, ns; 0 where no ages were wanted.</param>
/// <param name="P99AgeNanos">The same of which 99 % are not above, ns.</param>
/// <param name="MaxAgeNanos">The highest, ns.</param>
internal readonly record struct Received(long Events, long Losses, long MedianAgeNanos, long P99AgeNanos, long MaxAgeNanos);
