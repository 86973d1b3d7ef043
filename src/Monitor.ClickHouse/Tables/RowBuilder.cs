using System.Buffers.Binary;

namespace Monitor.ClickHouse.Tables;

/// <summary>Writes values as ClickHouse's format RowBinary has them, one after the other, into a buffer that is large enough.</summary>
internal ref struct RowBuilder(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;

    /// <summary>How many bytes were written.</summary>
    public int Length { get; private set; }

    /// <summary>UInt8, Bool, and the mark that precedes a value that may be null.</summary>
    public void Byte(byte value) => _buffer[Length++] = value;

    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer[Length..], value);
        Length += sizeof(ushort);
    }

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer[Length..], value);
        Length += sizeof(uint);
    }

    public void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer[Length..], value);
        Length += sizeof(ulong);
    }

    /// <summary>DateTime64(9).</summary>
    public void Time(long unixNanos) => UInt64((ulong)unixNanos);

    /// <summary>String, LowCardinality or not.</summary>
    public void Text(scoped ReadOnlySpan<byte> utf8)
    {
        var length = (uint)utf8.Length;
        for (; length >= 0x80; length >>= 7)
        {
            Byte((byte)(length | 0x80));
        }

        Byte((byte)length);
        utf8.CopyTo(_buffer[Length..]);
        Length += utf8.Length;
    }

    public void NullableUInt16(ushort? value)
    {
        if (HasValue(value is not null))
        {
            UInt16(value!.Value);
        }
    }

    public void NullableUInt32(uint? value)
    {
        if (HasValue(value is not null))
        {
            UInt32(value!.Value);
        }
    }

    public void NullableUInt64(ulong? value)
    {
        if (HasValue(value is not null))
        {
            UInt64(value!.Value);
        }
    }

    public void NullableTime(long? unixNanos)
    {
        if (HasValue(unixNanos is not null))
        {
            Time(unixNanos!.Value);
        }
    }

    /// <summary>Nullable(IPv6), in network order.</summary>
    public void NullableAddress(UInt128? address)
    {
        if (HasValue(address is not null))
        {
            BinaryPrimitives.WriteUInt128BigEndian(_buffer[Length..], address!.Value);
            Length += 16;
        }
    }

    private bool HasValue(bool has)
    {
        Byte(has ? (byte)0 : (byte)1);
        return has;
    }
}
