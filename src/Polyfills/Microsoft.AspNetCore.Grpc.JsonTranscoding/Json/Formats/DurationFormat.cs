using System.Buffers.Text;
using System.Globalization;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Formats;

/// <summary>google.protobuf.Duration as seconds with the suffix <c>s</c>.</summary>
internal static class DurationFormat
{
    /// <summary>What messages say that a duration looks like.</summary>
    public const string Expected = "a number of seconds followed by s, e.g. 90s or 0.005s";

    /// <summary>Longest text that <see cref="TryFormat"/> writes.</summary>
    public const int MaxLength = 32;

    private const long MaxSeconds = 315_576_000_000; // 10 000 years, the limit of the type

    /// <summary>Writes 0, 3, 6 or 9 digits of a second. False where it is out of range or its signs differ.</summary>
    public static bool TryFormat(long seconds, int nanos, Span<byte> output, out int written)
    {
        written = 0;
        if (seconds is < -MaxSeconds or > MaxSeconds || nanos is < -999_999_999 or > 999_999_999
            || (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0))
        {
            return false;
        }

        if (seconds < 0 || nanos < 0)
        {
            output[written++] = (byte)'-';
        }

        Utf8Formatter.TryFormat(Math.Abs(seconds), output[written..], out var count);
        written += count;
        written += Digits.WriteFraction(output[written..], Math.Abs(nanos));
        output[written++] = (byte)'s';
        return true;
    }

    public static bool TryParse(ReadOnlySpan<char> text, out long seconds, out int nanos)
    {
        (seconds, nanos) = (0, 0);
        if (text.Length < 2 || text[^1] != 's')
        {
            return false;
        }

        var negative = text[0] == '-';
        var rest = text[(negative ? 1 : 0)..^1];
        var whole = rest.IndexOf('.') is var point and >= 0 ? rest[..point] : rest;
        if (!long.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) || seconds > MaxSeconds)
        {
            return false;
        }

        rest = rest[whole.Length..];
        if (!Digits.TryReadFraction(ref rest, out nanos) || !rest.IsEmpty || (seconds == MaxSeconds && nanos > 0))
        {
            return false;
        }

        if (negative)
        {
            (seconds, nanos) = (-seconds, -nanos);
        }

        return true;
    }
}
