using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Monitor.Protocol;

/// <summary>
/// IP addresses from and to text, in UTF-8 and without allocating. Everywhere in this code base an address is 128 bits,
/// and an IPv4 address is held as IPv6, ::ffff:a.b.c.d; its text is a.b.c.d.
/// </summary>
public static class IpText
{
    /// <summary>Longest text in bytes: "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".</summary>
    public const int MaxBytes = 45;

    /// <summary>The lower 64 bits of ::ffff:0.0.0.0; the upper ones are 0.</summary>
    public const ulong Ipv4Prefix = 0xffff_0000_0000;

    private const int Groups = 8;

    private static ReadOnlySpan<byte> Ipv4PrefixBytes => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

    /// <summary>Whether the address is an IPv4 address.</summary>
    /// <param name="address">16 bytes in network order; more are ignored.</param>
    public static bool IsIpv4(ReadOnlySpan<byte> address) => address[..12].SequenceEqual(Ipv4PrefixBytes);

    /// <summary>Whether the address is 0.0.0.0 or ::, as that of a socket that is not bound.</summary>
    /// <param name="address">16 bytes in network order; more are ignored.</param>
    public static bool IsUnspecified(ReadOnlySpan<byte> address) =>
        !(IsIpv4(address) ? address[12..16] : address[..16]).ContainsAnyExcept((byte)0);

    /// <summary>Writes the text of an address.</summary>
    /// <param name="address">16 bytes in network order; more are ignored.</param>
    /// <param name="text">Where to write; <see cref="MaxBytes"/> are always enough.</param>
    /// <returns>Length of the text.</returns>
    public static int Format(ReadOnlySpan<byte> address, Span<byte> text)
    {
        if (!IsIpv4(address))
        {
            new IPAddress(address[..16]).TryFormat(text, out var length);
            return length;
        }

        var at = 0;
        for (var i = 12; i < 16; i++)
        {
            if (i > 12)
            {
                text[at++] = (byte)'.';
            }

            address[i].TryFormat(text[at..], out var digits);
            at += digits;
        }

        return at;
    }

    /// <summary>The text of an address.</summary>
    public static string Format(UInt128 address)
    {
        Span<byte> bytes = stackalloc byte[16];
        Span<byte> text = stackalloc byte[MaxBytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, address);
        return Encoding.ASCII.GetString(text[..Format(bytes, text)]);
    }

    /// <summary>
    /// Reads an address: IPv4 as four decimal numbers without leading zeros, IPv6 in every form of RFC 4291,
    /// section 2.2, without a zone.
    /// </summary>
    /// <param name="utf8">Any text.</param>
    /// <param name="high">The upper 64 bits.</param>
    /// <param name="low">The lower 64 bits.</param>
    /// <returns>False if the text is not an address.</returns>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out ulong high, out ulong low)
    {
        high = 0;
        low = 0;
        if (utf8.Length is 0 or > MaxBytes)
        {
            return false;
        }

        if (TryParseV4(utf8, out var v4))
        {
            low = Ipv4Prefix | v4;
            return true;
        }

        return TryParseV6(utf8, out high, out low);
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

    /// <summary>Counts the hexadecimal digits at the start, at most four, and gives their value.</summary>
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
