namespace Monitor.Agent.Dns;

/// <summary>A record of a message of DNS, without the name that it is about.</summary>
/// <param name="Type">What its data is.</param>
/// <param name="Class">1 is the Internet.</param>
/// <param name="TimeToLive">Seconds; of an OPT record something else.</param>
/// <param name="Data">Offset of its data in the message.</param>
/// <param name="Length">Bytes of its data, all within the message.</param>
internal readonly record struct DnsResource(ushort Type, ushort Class, uint TimeToLive, int Data, int Length)
{
    private const ushort Internet = 1;
    private const uint MaxTimeToLive = int.MaxValue;

    /// <summary>Its address.</summary>
    /// <param name="message">The message.</param>
    /// <param name="address">16 bytes; IPv4 mapped.</param>
    /// <returns>False where it is no record of an address.</returns>
    public bool TryGetAddress(ReadOnlySpan<byte> message, Span<byte> address)
    {
        var data = message.Slice(Data, Length);
        if (Type == DnsTypes.A && Class == Internet && Length == 4)
        {
            address[..10].Clear();
            address[10] = address[11] = 0xff;
            data.CopyTo(address[12..]);
            return true;
        }

        if (Type == DnsTypes.Aaaa && Class == Internet && Length == 16)
        {
            data.CopyTo(address);
            return true;
        }

        return false;
    }

    /// <summary>How long it may be believed. Seconds; with the highest bit set it is 0 (RFC 2181, section 8).</summary>
    public uint Lifetime => TimeToLive > MaxTimeToLive ? 0 : TimeToLive;
}
