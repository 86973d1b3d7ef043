using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace Monitor.Server;

/// <summary>Figures as people read them, and the times behind them.</summary>
internal static class Figures
{
    private const long Microsecond = 1000, Millisecond = 1000 * Microsecond, Second = 1000 * Millisecond;

    // Three years: no duration is longer, and sums of these fit in a long.
    private const long MaxSeconds = 100_000_000;

    /// <summary>Nanoseconds of a duration; 0 where it is unset or negative.</summary>
    public static long Nanos(Duration? duration) =>
        duration is null ? 0 : Math.Clamp(duration.Seconds, 0, MaxSeconds) * Second + Math.Max(0, duration.Nanos);

    /// <summary>For example "350 µs", "1.20 ms", "1.02 s", "2 min 5 s", "3 h 4 min".</summary>
    public static string Time(long nanos) => nanos switch
    {
        < Microsecond => Text($"{nanos} ns"),
        < Millisecond => $"{ThreeDigits(nanos, Microsecond)} µs",
        < Second => $"{ThreeDigits(nanos, Millisecond)} ms",
        < 60 * Second => $"{ThreeDigits(nanos, Second)} s",
        < 3600 * Second => Text($"{nanos / Second / 60} min {nanos / Second % 60} s"),
        _ => Text($"{nanos / Second / 3600} h {nanos / Second / 60 % 60} min"),
    };

    /// <summary>As <see cref="Time(long)"/>.</summary>
    public static string Time(Duration? duration) => Time(Nanos(duration));

    /// <summary>For example "512 bytes", "1.50 KiB", "3.20 MiB".</summary>
    public static string Bytes(ulong bytes) => bytes switch
    {
        1 => "1 byte",
        < 1 << 10 => Text($"{bytes} bytes"),
        < 1 << 20 => $"{ThreeDigits(bytes, 1 << 10)} KiB",
        < 1 << 30 => $"{ThreeDigits(bytes, 1 << 20)} MiB",
        _ => $"{ThreeDigits(bytes, 1 << 30)} GiB",
    };

    /// <summary>For example "one retransmit", "3 retransmits".</summary>
    public static string Count(long count, string thing) => count == 1 ? $"one {thing}" : Text($"{count} {thing}s");

    private static string ThreeDigits(double value, double unit)
    {
        var number = value / unit;
        return number.ToString(number < 10 ? "0.00" : number < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
