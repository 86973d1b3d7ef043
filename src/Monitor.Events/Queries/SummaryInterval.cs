namespace Monitor.Events;

/// <summary>Counts of one interval of time; see <see cref="EventSummary"/>.</summary>
/// <param name="StartUnixNanos">When it begins, in nanoseconds since 1970.</param>
/// <param name="Count">How many events match.</param>
/// <param name="FailedCount">How many of them report a failure.</param>
/// <param name="ByError">Connections by their error.</param>
/// <param name="ByReason">Packet drops by their reason.</param>
public sealed record SummaryInterval(
    long StartUnixNanos, long Count, long FailedCount, IReadOnlyDictionary<string, long> ByError, IReadOnlyDictionary<string, long> ByReason);
