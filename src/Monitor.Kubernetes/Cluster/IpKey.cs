using System.Buffers.Binary;
using System.Net;
using System.Text.Json;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Cluster;

/// <summary>An address as a number: the 16 bytes of the IPv6 address, big-endian, IPv4 mapped.</summary>
internal static class IpKey
{
    private const int MaxText = 45;

    // ::ffff:0:0
    private static readonly UInt128 Mapped = (UInt128)0xFFFF << 32;

    /// <summary>Of 16 bytes in network order, IPv4 mapped.</summary>
    public static UInt128 Of(ReadOnlySpan<byte> address) => BinaryPrimitives.ReadUInt128BigEndian(address);

    /// <summary>Of an address of either family.</summary>
    public static UInt128 Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return length == 4 ? Mapped | BinaryPrimitives.ReadUInt32BigEndian(bytes) : Of(bytes);
    }

    /// <summary>Reads the text of a property's value; no unspecified address, and nothing else.</summary>
    public static bool TryRead(ref Utf8JsonReader reader, out UInt128 address)
    {
        address = 0;
        return Json.TryReachString(ref reader, MaxText) && TryReadCurrent(ref reader, out address);
    }

    /// <summary>Reads the text that the reader is at.</summary>
    public static bool TryReadCurrent(ref Utf8JsonReader reader, out UInt128 address)
    {
        address = 0;
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > MaxText || reader.ValueIsEscaped)
        {
            return false;
        }

        // The parser of the system takes "1" and "10.7" for addresses as well.
        if (!IPAddress.TryParse(reader.ValueSpan, out var ip)
            || (!reader.ValueSpan.Contains((byte)':') && reader.ValueSpan.Count((byte)'.') != 3))
        {
            return false;
        }

        address = Of(ip);
        return address != 0 && address != Mapped;
    }

    /// <summary>The address again.</summary>
    public static IPAddress ToAddress(UInt128 key)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, key);
        var address = new IPAddress(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
