using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Monitor.Protocol;

/// <summary>
/// Writes protobuf wire format into a buffer that the caller made large enough. Every write throws where the buffer ends
/// (<see cref="IndexOutOfRangeException"/> or <see cref="ArgumentException"/>) and never allocates. The one writer of
/// variable-length numbers in this code base; <see cref="WireReader"/> reads them.
/// </summary>
/// <remarks>
/// For what the generated serializer is too slow for: a fragment that is encoded once and copied often costs a few
/// nanoseconds, the generated serializer several hundred for a whole event.
/// </remarks>
/// <param name="buffer">Where to write.</param>
public ref struct WireWriter(Span<byte> buffer)
{
    /// <summary>Most bytes of a variable-length number.</summary>
    public const int MaxVarintBytes = 10;

    private readonly Span<byte> _buffer = buffer;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>What was written so far.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer[..Length];

    private readonly Span<byte> Rest => _buffer[Length..];

    /// <summary>How many bytes a variable-length number takes: 7 bits in each, 1 byte for 0.</summary>
    public static int SizeOf(ulong value) => (BitOperations.Log2(value | 1) + 7) / 7;

    /// <summary>Writes a field with a variable-length number: integers, enums, booleans.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Varint(int field, ulong value)
    {
        Varint((ulong)(uint)field << 3 | WireReader.Varint);
        Varint(value);
    }

    /// <summary>Writes a field of type int32: sign-extended, so that a negative number takes ten bytes.</summary>
    public void SignedVarint(int field, int value) => Varint(field, (ulong)(long)value);

    /// <summary>Writes a field with text, bytes or an encoded message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bytes(int field, scoped ReadOnlySpan<byte> value)
    {
        BytesHeader(field, value.Length);
        Fragment(value);
    }

    /// <summary>Writes tag and length of a field with text, bytes or a message; its content follows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BytesHeader(int field, int length)
    {
        Varint((ulong)(uint)field << 3 | WireReader.LengthDelimited);
        Varint((uint)length);
    }

    /// <summary>Copies fields that are encoded already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fragment(scoped ReadOnlySpan<byte> encoded)
    {
        encoded.CopyTo(Rest);
        Length += encoded.Length;
    }

    /// <summary>Starts a field with text or a message of at most 127 bytes; <see cref="End"/> sets its length.</summary>
    /// <returns>The argument for <see cref="End"/>.</returns>
    public int Begin(int field)
    {
        BytesHeader(field, 0);
        return Length - 1;
    }

    /// <summary>Sets the length of the field that <see cref="Begin"/> started.</summary>
    /// <exception cref="OverflowException">It has more than 127 bytes.</exception>
    public readonly void End(int begin) => _buffer[begin] = checked((byte)(sbyte)(Length - begin - 1));

    /// <summary>Writes the decimal digits of a number, as part of a text.</summary>
    public void Digits(ulong value)
    {
        Utf8Formatter.TryFormat(value, Rest, out var written);
        Length += written;
    }

    /// <summary>Writes a field with a Timestamp or Duration: seconds and nanoseconds as fields 1 and 2.</summary>
    /// <param name="field">The field's number.</param>
    /// <param name="nanos">The time in nanoseconds, 0 or more.</param>
    public void SecondsAndNanos(int field, long nanos)
    {
        var seconds = nanos / 1_000_000_000;
        var begin = Begin(field);
        Varint(1, (ulong)seconds);
        Varint(2, (ulong)(nanos - seconds * 1_000_000_000));
        End(begin);
    }

    /// <summary>Writes a variable-length number without a tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Varint(ulong value)
    {
        if (value < 0x80)
        {
            _buffer[Length++] = (byte)value;
        }
        else
        {
            Length = LongVarint(_buffer, Length, value);
        }
    }

    /// <summary>Writes four bytes, little-endian, without a tag.</summary>
    public void Fixed32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Rest, value);
        Length += sizeof(uint);
    }

    /// <summary>Writes eight bytes, little-endian, without a tag.</summary>
    public void Fixed64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Rest, value);
        Length += sizeof(ulong);
    }

    // Takes no reference to the writer, so that it stays in registers.
    private static int LongVarint(Span<byte> buffer, int at, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            buffer[at++] = (byte)(value | 0x80);
        }

        buffer[at++] = (byte)value;
        return at;
    }
}
