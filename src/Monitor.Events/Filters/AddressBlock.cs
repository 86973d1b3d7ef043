using System.Globalization;
using System.Text;
using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>An address or a CIDR block of a filter, IPv4 in its IPv4-mapped form.</summary>
internal readonly struct AddressBlock
{
    public const string Accepted =
        "must be an IPv4 or IPv6 address or a CIDR block, such as 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32.";

    private const int AddressBits = 128;
    private const int MappedBits = 96;

    private readonly int _prefix;

    private AddressBlock(UInt128 first, int prefix)
    {
        First = first;
        _prefix = prefix;
        Last = first | HostMask(prefix);
    }

    public UInt128 First { get; }

    public UInt128 Last { get; }

    /// <summary>Whether it is a block of IPv6 addresses. It contains no IPv4 address: ::/0 is all of IPv6.</summary>
    public bool IsV6 => !(_prefix >= MappedBits && First >> 32 == 0xffff);

    /// <summary>Reads the text of a filter. Clears the host bits behind the prefix.</summary>
    public static bool TryParse(string text, out AddressBlock block)
    {
        block = default;
        Span<byte> utf8 = stackalloc byte[64];
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var address = slash < 0 ? text.AsSpan() : text.AsSpan(0, slash);
        if (!Encoding.UTF8.TryGetBytes(address, utf8, out var written)
            || !IpText.TryParse(utf8[..written], out var high, out var low))
        {
            return false;
        }

        // 192.0.2.0/24 counts its prefix in the 32 bits of IPv4, ::ffff:192.0.2.0/120 in the 128 of IPv6.
        var bits = address.Contains(':') ? AddressBits : AddressBits - MappedBits;
        var prefix = bits;
        if (slash >= 0)
        {
            var digits = text.AsSpan(slash + 1);
            if (digits is ['0', _, ..]
                || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out prefix)
                || prefix > bits)
            {
                return false;
            }
        }

        prefix += AddressBits - bits;
        block = new AddressBlock(new UInt128(high, low) & ~HostMask(prefix), prefix);
        return true;
    }

    /// <summary>The canonical text: no prefix for a single address; IPv4 addresses as a.b.c.d.</summary>
    public override string ToString()
    {
        var prefix = IsV6 ? _prefix : _prefix - MappedBits;
        return _prefix == AddressBits
            ? IpText.Format(First)
            : string.Create(CultureInfo.InvariantCulture, $"{IpText.Format(First)}/{prefix}");
    }

    private static UInt128 HostMask(int prefix) => prefix == 0 ? UInt128.MaxValue : (UInt128.One << (AddressBits - prefix)) - 1;
}
