namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Formats;

/// <summary>Decimal digits of a fixed count, and fractions of a second.</summary>
internal static class Digits
{
    public static void Write(Span<byte> output, int value, int count)
    {
        for (var i = count - 1; i >= 0; i--)
        {
            output[i] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }

    /// <summary>Writes nothing for 0, else a point and 3, 6 or 9 digits.</summary>
    /// <returns>How many bytes were written.</returns>
    public static int WriteFraction(Span<byte> output, int nanos)
    {
        if (nanos == 0)
        {
            return 0;
        }

        output[0] = (byte)'.';
        if (nanos % 1_000_000 == 0)
        {
            Write(output[1..], nanos / 1_000_000, 3);
            return 4;
        }

        if (nanos % 1_000 == 0)
        {
            Write(output[1..], nanos / 1_000, 6);
            return 7;
        }

        Write(output[1..], nanos, 9);
        return 10;
    }

    /// <summary>Reads digits only; at most 9 of them.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit(digit))
            {
                return false;
            }

            value = (value * 10) + (digit - '0');
        }

        return text.Length is > 0 and <= 9;
    }

    /// <summary>Takes a point and 1 to 9 digits off the front, where there is a point.</summary>
    public static bool TryReadFraction(ref ReadOnlySpan<char> text, out int nanos)
    {
        nanos = 0;
        if (text.IsEmpty || text[0] != '.')
        {
            return true;
        }

        var count = text[1..].IndexOfAnyExceptInRange('0', '9');
        count = count < 0 ? text.Length - 1 : count;
        if (count > 9 || !TryRead(text.Slice(1, count), out nanos))
        {
            return false;
        }

        for (var i = count; i < 9; i++)
        {
            nanos *= 10;
        }

        text = text[(count + 1)..];
        return true;
    }
}
