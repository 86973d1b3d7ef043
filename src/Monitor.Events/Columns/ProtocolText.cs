using System.Text;
using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>From the text of a protocol to its column.</summary>
internal static class ProtocolText
{
    private const int MaxText = 16;

    public static byte Code(ReadOnlySpan<byte> utf8)
    {
        // Nearly every event has one of these.
        if (utf8.SequenceEqual("TCP"u8))
        {
            return 6;
        }

        if (utf8.SequenceEqual("UDP"u8))
        {
            return 17;
        }

        Span<char> text = stackalloc char[MaxText];
        return utf8.Length <= MaxText
            && Encoding.UTF8.TryGetChars(utf8, text, out var length)
            && IpProtocols.TryParse(text[..length], out var number)
            && number < EventColumns.OtherProtocol
                ? (byte)number
                : EventColumns.OtherProtocol;
    }

    /// <summary>Whether the text names this protocol.</summary>
    public static bool Names(ReadOnlySpan<byte> utf8, int number)
    {
        Span<char> text = stackalloc char[MaxText];
        return utf8.Length <= MaxText
            && Encoding.UTF8.TryGetChars(utf8, text, out var length)
            && IpProtocols.TryParse(text[..length], out var found)
            && found == number;
    }
}
