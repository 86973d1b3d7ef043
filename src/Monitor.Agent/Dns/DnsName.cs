namespace Monitor.Agent.Dns;

/// <summary>Names in messages of DNS, which may be anything (RFC 1035, section 3.1 and 4.1.4).</summary>
internal static class DnsName
{
    /// <summary>Most bytes of a name's text: 250 bytes in four labels, each as \DDD, and the dots between them.</summary>
    public const int MaxTextBytes = 1003;

    // With the lengths of its labels and the 0 at its end.
    private const int MaxBytes = 255;
    private const int MaxLabelBytes = 63;

    /// <summary>Reads a name in presentation format: without the dot at the end, but "." for the root; what is not printable
    /// as \DDD.</summary>
    /// <param name="message">The whole message: a name goes on at another place.</param>
    /// <param name="offset">Where it begins; then, where what follows it begins.</param>
    /// <param name="text">At least <see cref="MaxTextBytes"/>.</param>
    /// <param name="length">Bytes of the text.</param>
    /// <returns>False where it is malformed or does not end within the message.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int offset, Span<byte> text, out int length)
    {
        var at = offset;
        // A pointer leads to before the part of the name that it ends. So it leads back each time, and comes to an end.
        var start = at;
        var end = -1;
        var bytes = 1;
        length = 0;
        while (at < message.Length)
        {
            var label = message[at++];
            if (label == 0)
            {
                if (length == 0)
                {
                    text[length++] = (byte)'.';
                }

                offset = end < 0 ? at : end;
                return true;
            }

            if (label >= 0xc0)
            {
                if (at == message.Length)
                {
                    return false;
                }

                var target = (label & 0x3f) << 8 | message[at++];
                end = end < 0 ? at : end;
                if (target >= start || target < DnsReader.HeaderBytes)
                {
                    return false;
                }

                start = at = target;
                continue;
            }

            bytes += 1 + label;
            if (label > MaxLabelBytes || bytes > MaxBytes || at + label > message.Length)
            {
                return false;
            }

            if (length > 0)
            {
                text[length++] = (byte)'.';
            }

            length += Escape(message.Slice(at, label), text[length..], (byte)'.');
            at += label;
        }

        return false;
    }

    /// <summary>Writes bytes as text: a special one and the backslash behind a backslash, what is not printable as \DDD. A
    /// space is printable between quotes.</summary>
    /// <param name="bytes">Any.</param>
    /// <param name="text">At least four times as long.</param>
    /// <param name="special">What would end the text.</param>
    /// <returns>Bytes of the text.</returns>
    public static int Escape(ReadOnlySpan<byte> bytes, Span<byte> text, byte special)
    {
        var length = 0;
        foreach (var value in bytes)
        {
            if (value is < (byte)' ' or >= 0x7f || (value == (byte)' ' && special != (byte)'"'))
            {
                text[length++] = (byte)'\\';
                text[length++] = (byte)('0' + value / 100);
                text[length++] = (byte)('0' + value / 10 % 10);
                text[length++] = (byte)('0' + value % 10);
                continue;
            }

            if (value == special || value == (byte)'\\')
            {
                text[length++] = (byte)'\\';
            }

            text[length++] = value;
        }

        return length;
    }

    /// <summary>Whether two texts are one name: letters of ASCII in any case (RFC 4343).</summary>
    public static bool AreEqual(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) =>
        System.Text.Ascii.EqualsIgnoreCase(one, other);
}
