using System.Net;

namespace Monitor.Events;

/// <summary>
/// Reads addresses from text without allocating: IPv4 as four decimal numbers without leading zeros, IPv6 as in
/// RFC 4291, section 2.2, in every form, without a zone. IPv4 becomes ::ffff:a.b.c.d.
/// </summary>
internal static class IpText
{
    /// <summary>The lower 64 bits of ::ffff:0.0.0.0; the upper ones are 0.</summary>
    public const ulong MappedPrefix = 0xffff_0000_0000;

    // "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"
    private const int MaxLength = 45;
    private const int Groups = 8;

    public static bool TryParse(ReadOnlySpan<byte> utf8, out ulong high, out ulong low)
    {
        high = 0;
        low = 0;
        if (utf8.Length is 0 or > MaxLength)
        {
            return false;
        }

        if (TryParseV4(utf8, out var v4))
        {
            low = MappedPrefix | v4;
            return true;
        }

        return TryParseV6(utf8, out high, out low);
    }

    public static bool IsMapped(ulong high, ulong low) => high == 0 && low >> 32 == 0xffff;

    /// <summary>The address as <c>Event.source_ip</c> has it.</summary>
    public static string Format(UInt128 address)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, address);
        var parsed = new IPAddress(bytes);
        return (parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed).ToString();
    }

    private static bool TryParseV4(ReadOnlySpan<byte> text, out uint address)
    {
        address = 0;
        var at = 0;
        for (var part = 0; part < 4; part++)
        {
            if (part > 0 && (at == text.Length || text[at++] != '.'))
            {
                return false;
            }

            var start = at;
            var value = 0u;
            while (at < text.Length && at - start < 3 && (uint)(text[at] - '0') <= 9)
            {
                value = value * 10 + (uint)(text[at++] - '0');
            }

            if (at == start || value > 255 || text[start] == '0' && at - start > 1)
            {
                return false;
            }

            address = address << 8 | value;
        }

        return at == text.Length;
    }

    private static bool TryParseV6(ReadOnlySpan<byte> text, out ulong high, out ulong low)
    {
        high = 0;
        low = 0;
        Span<ushort> groups = stackalloc ushort[Groups];
        var count = 0;
        var gap = -1;
        var at = 0;
        if (text is [(byte)':', ..])
        {
            // Only "::" may stand first.
            if (text is not [_, (byte)':', ..])
            {
                return false;
            }

            gap = 0;
            at = 2;
        }

        while (at < text.Length)
        {
            var rest = text[at..];
            var digits = HexDigits(rest, out var value);
            if (digits < rest.Length && rest[digits] == '.' && count <= Groups - 2)
            {
                if (!TryParseV4(rest, out var v4))
                {
                    return false;
                }

                groups[count++] = (ushort)(v4 >> 16);
                groups[count++] = (ushort)v4;
                at = text.Length;
                break;
            }

            if (digits == 0 || count == Groups)
            {
                return false;
            }

            groups[count++] = value;
            at += digits;
            if (at == text.Length)
            {
                break;
            }

            if (text[at++] != ':' || at == text.Length)
            {
                return false;
            }

            if (text[at] == ':')
            {
                if (gap >= 0)
                {
                    return false;
                }

                gap = count;
                at++;
            }
        }

        // A gap stands for at least one group of zeros.
        if (gap < 0 ? count != Groups : count == Groups)
        {
            return false;
        }

        var zeros = Groups - count;
        for (var group = 0; group < Groups; group++)
        {
            var value = gap < 0 || group < gap ? groups[group]
                : group < gap + zeros ? (ushort)0
                : groups[group - zeros];
            high = high << 16 | low >> 48;
            low = low << 16 | value;
        }

        return true;
    }

    /// <summary>How many hexadecimal digits the text starts with, at most four, and their value.</summary>
    private static int HexDigits(ReadOnlySpan<byte> text, out ushort value)
    {
        value = 0;
        var digits = 0;
        while (digits < text.Length && digits < 4 && char.IsAsciiHexDigit((char)text[digits]))
        {
            value = (ushort)(value << 4 | FromHex(text[digits++]));
        }

        return digits;
    }

    private static int FromHex(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
