using System.Buffers.Binary;

namespace Monitor.Protocol;

/// <summary>Reads and writes the numbers of a token's content. Reading is safe on any bytes.</summary>
/// <param name="bytes">What to read, or where to write.</param>
public ref struct TokenContent(Span<byte> bytes)
{
    /// <summary>The most bytes of a number.</summary>
    public const int MaxVarintBytes = 10;

    private readonly Span<byte> _bytes = bytes;

    /// <summary>How many bytes were read or written so far.</summary>
    public int Length { get; private set; }

    /// <summary>Whether everything was read.</summary>
    public readonly bool AtEnd => Length == _bytes.Length;

    /// <summary>Writes eight bytes. Throws where there is no room.</summary>
    public void WriteFixed(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes[Length..], value);
        Length += sizeof(ulong);
    }

    /// <summary>Writes four bytes. Throws where there is no room.</summary>
    public void WriteFixed32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes[Length..], value);
        Length += sizeof(uint);
    }

    /// <summary>Writes one to ten bytes, fewer for smaller numbers. Throws where there is no room.</summary>
    public void WriteVarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes[Length++] = (byte)(value | 0x80);
        }

        _bytes[Length++] = (byte)value;
    }

    /// <summary>Reads eight bytes; false where there are fewer.</summary>
    public bool TryReadFixed(out ulong value)
    {
        if (!BinaryPrimitives.TryReadUInt64LittleEndian(_bytes[Length..], out value))
        {
            return false;
        }

        Length += sizeof(ulong);
        return true;
    }

    /// <summary>Reads four bytes; false where there are fewer.</summary>
    public bool TryReadFixed32(out uint value)
    {
        if (!BinaryPrimitives.TryReadUInt32LittleEndian(_bytes[Length..], out value))
        {
            return false;
        }

        Length += sizeof(uint);
        return true;
    }

    /// <summary>Reads a number; false where it is cut short or longer than 64 bits.</summary>
    public bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && Length < _bytes.Length; shift += 7)
        {
            var next = _bytes[Length++];
            if (shift == 63 && next > 1)
            {
                return false;
            }

            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
