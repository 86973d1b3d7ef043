using System.Net;

namespace Monitor.Agent.Encoding;

/// <summary>Addresses of records as text. IPv4 is carried as ::ffff:a.b.c.d and shown as a.b.c.d.</summary>
internal static class IpAddressText
{
    /// <summary>Longest text: "xxxx:xxxx:xxxx:xxxx:xxxx:xxxx:255.255.255.255".</summary>
    public const int MaxBytes = 45;

    private static ReadOnlySpan<byte> MappedPrefix => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

    public static bool IsIpv4(ReadOnlySpan<byte> address) => address[..12].SequenceEqual(MappedPrefix);

    /// <summary>Whether the socket has no address: 0.0.0.0 or ::.</summary>
    public static bool IsUnspecified(ReadOnlySpan<byte> address) =>
        !(IsIpv4(address) ? address[12..16] : address[..16]).ContainsAnyExcept((byte)0);

    /// <summary>Writes the text and returns its length.</summary>
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
}
