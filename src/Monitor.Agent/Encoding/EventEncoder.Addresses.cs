using System.Buffers.Binary;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Encoding;

/// <summary>Source and destination.</summary>
internal sealed partial class EventEncoder
{
    /// <summary>The source. An unspecified address (0.0.0.0, ::) and port 0 are what the socket does not have.</summary>
    /// <param name="address">16 bytes, IPv4 mapped.</param>
    /// <param name="port">Host byte order; null where there are no ports.</param>
    public void SetSource(scoped ReadOnlySpan<byte> address, ushort? port)
    {
        Span<byte> masked = stackalloc byte[16];
        address = Masked(address, masked);
        if (!IpText.IsUnspecified(address))
        {
            Append(_sources.Get(address, out _));
            _columns.SetSource(address);
        }

        if (port is > 0)
        {
            var writer = new WireWriter(_buffer.AsSpan(_length));
            writer.Varint(Event.SourcePortFieldNumber, port.Value);
            _length += writer.Length;
            _columns.SetSourcePort(port.Value);
        }
    }

    /// <summary>The destination, with the address family.</summary>
    /// <param name="address">16 bytes, IPv4 mapped.</param>
    /// <param name="port">Host byte order; null where there are no ports.</param>
    public void SetDestination(scoped ReadOnlySpan<byte> address, ushort? port)
    {
        Span<byte> key = stackalloc byte[18];
        var given = address;
        address.CopyTo(key);
        _privacy?.Mask(key[..16]);
        address = key[..16];
        BinaryPrimitives.WriteUInt16LittleEndian(key[16..], port.GetValueOrDefault());
        Append(_destinations.Get(port is null ? key[..16] : key, out _));
        _columns.SetDestination(address);
        if (port is not null)
        {
            _columns.SetDestinationPort(port.Value);
        }

        // The name of an address that is not told is not told either.
        if (_names is not null && address.SequenceEqual(given))
        {
            SetNamedAddress(address);
        }
    }

    private ReadOnlySpan<byte> Masked(ReadOnlySpan<byte> address, Span<byte> masked)
    {
        if (_privacy is null)
        {
            return address;
        }

        address.CopyTo(masked);
        _privacy.Mask(masked);
        return masked;
    }

    private static uint EncodeSource(scoped ReadOnlySpan<byte> address, ref WireWriter writer)
    {
        Span<byte> text = stackalloc byte[IpText.MaxBytes];
        writer.Bytes(Event.SourceIpFieldNumber, text[..IpText.Format(address, text)]);
        return 0;
    }

    private static uint EncodeDestination(scoped ReadOnlySpan<byte> key, ref WireWriter writer)
    {
        Span<byte> text = stackalloc byte[IpText.MaxBytes];
        var ipv4 = IpText.IsIpv4(key);
        var address = text[..IpText.Format(key, text)];
        writer.Bytes(Event.AddressFamilyFieldNumber, ipv4 ? "IPv4"u8 : "IPv6"u8);
        writer.Bytes(Event.DestinationIpFieldNumber, address);
        if (key.Length == 16)
        {
            writer.Bytes(Event.DestinationFieldNumber, address);
            return 0;
        }

        var port = BinaryPrimitives.ReadUInt16LittleEndian(key[16..]);
        writer.Varint(Event.DestinationPortFieldNumber, port);
        var destination = writer.Begin(Event.DestinationFieldNumber);
        writer.Fragment(ipv4 ? [] : "["u8);
        writer.Fragment(address);
        writer.Fragment(ipv4 ? ":"u8 : "]:"u8);
        writer.Digits(port);
        writer.End(destination);
        return 0;
    }
}
