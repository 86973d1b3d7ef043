using Google.Protobuf.WellKnownTypes;

namespace Monitor.Protocol;

/// <summary>
/// Wall-clock time as nanoseconds since 1970-01-01T00:00:00Z in a <see cref="long"/>, which covers 1677 to 2262.
/// </summary>
public static class UnixNanos
{
    // 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, the range that google.protobuf.Timestamp defines.
    private const long MinSeconds = -62_135_596_800;
    private const long MaxSeconds = 253_402_300_799;
    private const long NanosPerSecond = 1_000_000_000;

    /// <summary>Whether a timestamp is within the years 1 to 9999 and its nanos within a second.</summary>
    public static bool IsValid(long seconds, int nanos) =>
        seconds is >= MinSeconds and <= MaxSeconds && nanos is >= 0 and < (int)NanosPerSecond;

    /// <summary>The time of a valid timestamp; a time out of range becomes the nearest that a long can hold.</summary>
    public static long From(long seconds, int nanos)
    {
        const long Highest = long.MaxValue / NanosPerSecond;
        return seconds >= Highest ? long.MaxValue
            : seconds < -Highest ? long.MinValue
            : seconds * NanosPerSecond + nanos;
    }

    /// <summary>The time of a timestamp; null if it is not valid.</summary>
    public static long? From(Timestamp timestamp) =>
        IsValid(timestamp.Seconds, timestamp.Nanos) ? From(timestamp.Seconds, timestamp.Nanos) : null;

    /// <summary>The time, or the nearest that a long can hold.</summary>
    public static long From(DateTimeOffset time)
    {
        const long MaxTicks = long.MaxValue / TimeSpan.NanosecondsPerTick;
        var ticks = (time - DateTimeOffset.UnixEpoch).Ticks;
        return ticks > MaxTicks ? long.MaxValue
            : ticks < -MaxTicks ? long.MinValue
            : ticks * TimeSpan.NanosecondsPerTick;
    }

    /// <summary>How far two times are apart, whichever is the later: agents may give any, and their difference can be above what a
    /// long holds.</summary>
    public static ulong Apart(long one, long other) => unchecked(one > other ? (ulong)one - (ulong)other : (ulong)other - (ulong)one);

    /// <summary>The timestamp of a time, exact to the nanosecond.</summary>
    public static Timestamp ToTimestamp(long unixNanos)
    {
        var seconds = Math.DivRem(unixNanos, NanosPerSecond, out var nanos);
        return nanos < 0
            ? new Timestamp { Seconds = seconds - 1, Nanos = (int)(nanos + NanosPerSecond) }
            : new Timestamp { Seconds = seconds, Nanos = (int)nanos };
    }
}
