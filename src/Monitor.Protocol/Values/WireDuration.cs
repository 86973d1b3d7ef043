namespace Monitor.Protocol;

/// <summary>The range of the durations that events and programs have: elapsed times.</summary>
public static class WireDuration
{
    // What JSON transcoding writes: the seconds until the year 9999. Protobuf allows a little more.
    private const long MaxSeconds = 253_402_300_799;
    private const int NanosPerSecond = 1_000_000_000;

    /// <summary>Whether seconds and nanos are within their ranges and not negative.</summary>
    public static bool IsValid(long seconds, int nanos) =>
        seconds is >= 0 and <= MaxSeconds && nanos is >= 0 and < NanosPerSecond;
}
