namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Formats;

/// <summary>google.protobuf.Timestamp as RFC 3339 text.</summary>
internal static class TimestampFormat
{
    /// <summary>What messages say that a timestamp looks like.</summary>
    public const string Expected = "an RFC 3339 time, e.g. 2024-05-17T09:30:00Z or 2024-05-17T11:30:00.5+02:00";

    /// <summary>Longest text that <see cref="TryFormat"/> writes.</summary>
    public const int MaxLength = 30;

    private const long MinSeconds = -62135596800; // 0001-01-01T00:00:00Z
    private const long MaxSeconds = 253402300799; // 9999-12-31T23:59:59Z

    /// <summary>Writes the time in UTC with 0, 3, 6 or 9 digits of a second. False where it is out of range.</summary>
    public static bool TryFormat(long seconds, int nanos, Span<byte> output, out int written)
    {
        written = 0;
        if (seconds is < MinSeconds or > MaxSeconds || (uint)nanos > 999_999_999)
        {
            return false;
        }

        var time = new DateTime((seconds - MinSeconds) * TimeSpan.TicksPerSecond, DateTimeKind.Utc);
        var (year, month, day) = DateOnly.FromDateTime(time);
        Digits.Write(output, year, 4);
        output[4] = (byte)'-';
        Digits.Write(output[5..], month, 2);
        output[7] = (byte)'-';
        Digits.Write(output[8..], day, 2);
        output[10] = (byte)'T';
        var second = (int)((seconds - MinSeconds) % 86400);
        Digits.Write(output[11..], second / 3600, 2);
        output[13] = (byte)':';
        Digits.Write(output[14..], second / 60 % 60, 2);
        output[16] = (byte)':';
        Digits.Write(output[17..], second % 60, 2);
        written = 19;
        written += Digits.WriteFraction(output[written..], nanos);
        output[written++] = (byte)'Z';
        return true;
    }

    /// <summary>Reads the strict form: date, T, time, up to 9 digits of a second, Z or an offset.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long seconds, out int nanos)
    {
        (seconds, nanos) = (0, 0);
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't' || text[13] != ':' || text[16] != ':'
            || !Digits.TryRead(text[..4], out var year) || !Digits.TryRead(text[5..7], out var month)
            || !Digits.TryRead(text[8..10], out var day) || !Digits.TryRead(text[11..13], out var hour)
            || !Digits.TryRead(text[14..16], out var minute) || !Digits.TryRead(text[17..19], out var second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        var rest = text[19..];
        if (!Digits.TryReadFraction(ref rest, out nanos) || !TryParseOffset(rest, out var offset))
        {
            return false;
        }

        seconds = ((new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks / TimeSpan.TicksPerSecond)
            + MinSeconds) - offset;
        return seconds is >= MinSeconds and <= MaxSeconds;
    }

    private static bool TryParseOffset(ReadOnlySpan<char> text, out int seconds)
    {
        seconds = 0;
        if (text.Length == 1)
        {
            return (text[0] | 0x20) == 'z';
        }

        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':'
            || !Digits.TryRead(text[1..3], out var hours) || !Digits.TryRead(text[4..], out var minutes)
            || hours > 23 || minutes > 59)
        {
            return false;
        }

        seconds = ((hours * 60) + minutes) * (text[0] == '-' ? -60 : 60);
        return true;
    }
}
