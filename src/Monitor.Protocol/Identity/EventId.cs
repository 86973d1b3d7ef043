using System.Buffers.Text;
using System.Globalization;

namespace Monitor.Protocol;

/// <summary>
/// The text of <c>Event.id</c>: the boot epoch as 16 lower-case hexadecimal digits, a hyphen, and the sequence in
/// decimal, for example <c>0123456789abcdef-42</c>.
/// </summary>
public static class EventId
{
    /// <summary>The longest id in characters, which are all ASCII: 16 digits, a hyphen, 20 digits.</summary>
    public const int MaxLength = 37;

    /// <summary>The id of one event.</summary>
    public static string Format(ulong epoch, ulong sequence) =>
        string.Create(CultureInfo.InvariantCulture, $"{epoch:x16}-{sequence}");

    /// <summary>Writes the id without allocating; for the path of every event.</summary>
    /// <param name="epoch">The boot epoch.</param>
    /// <param name="sequence">The sequence of the event.</param>
    /// <param name="utf8">Where to write; <see cref="MaxLength"/> bytes are always enough.</param>
    /// <param name="written">How many bytes were written; 0 if it did not fit.</param>
    /// <returns>False if <paramref name="utf8"/> is too short; its content is then undefined.</returns>
    public static bool TryFormat(ulong epoch, ulong sequence, Span<byte> utf8, out int written)
    {
        written = 0;
        if (!Utf8Formatter.TryFormat(epoch, utf8, out var digits, new System.Buffers.StandardFormat('x', 16))
            || utf8.Length == digits)
        {
            return false;
        }

        utf8[digits] = (byte)'-';
        if (!Utf8Formatter.TryFormat(sequence, utf8[(digits + 1)..], out var decimals))
        {
            return false;
        }

        written = digits + 1 + decimals;
        return true;
    }

    /// <summary>Splits an id.</summary>
    /// <returns>False if the text is not an id exactly as <see cref="Format"/> writes it.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out ulong epoch, out ulong sequence)
    {
        sequence = 0;
        if (text.Length is < 18 or > MaxLength
            || text[16] != '-'
            || text[..16].ContainsAnyInRange('A', 'F')
            || !ulong.TryParse(text[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out epoch))
        {
            epoch = 0;
            return false;
        }

        var digits = text[17..];
        if (digits[0] == '0' && digits.Length > 1
            || !ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out sequence))
        {
            epoch = 0;
            sequence = 0;
            return false;
        }

        return true;
    }
}
