namespace Monitor.Protocol;

/// <summary>The range of google.protobuf.Duration.</summary>
public static class WireDuration
{
    // About 10 000 years.
    private const long MaxSeconds = 315_576_000_000;
    private const int NanosPerSecond = 1_000_000_000;

    /// <summary>Whether seconds and nanos are within their ranges and of one sign.</summary>
    public static bool IsValid(long seconds, int nanos) =>
        seconds is >= -MaxSeconds and <= MaxSeconds
        && nanos is > -NanosPerSecond and < NanosPerSecond
        && !(seconds > 0 && nanos < 0)
        && !(seconds < 0 && nanos > 0);
}
