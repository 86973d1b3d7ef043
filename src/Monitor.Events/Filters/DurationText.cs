using System.Globalization;

namespace Monitor.Events;

/// <summary>Durations as people write them in a filter: <c>250us</c>, <c>1.5ms</c>, <c>2s</c>, <c>3m</c>, <c>1h</c>.</summary>
internal static class DurationText
{
    // The longer ones first.
    private static readonly (string Unit, decimal Nanos)[] Units =
        [("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000)];

    /// <summary>The nanoseconds; null where it is no duration, or one of more than 300 years.</summary>
    public static Int128? ToNanos(string text)
    {
        foreach (var (unit, nanos) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                return decimal.TryParse(
                    text.AsSpan(0, text.Length - unit.Length),
                    NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
                    && Math.Abs(value) <= long.MaxValue / nanos
                    ? (Int128)(value * nanos)
                    : null;
            }
        }

        return null;
    }
}
