using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Monitor.Protocol;

/// <summary>
/// Reads protobuf wire format from bytes that may be anything. Every read returns whether it succeeded; the results of
/// reads after a failure are meaningless, and stay inside the bytes. Refuses groups, which no message of the contract
/// has. The one reader of variable-length numbers in this code base; <see cref="WireWriter"/> writes them.
/// </summary>
/// <remarks>
/// The short paths are inlined. The long ones take no reference to the reader, so that it stays in registers: this saves
/// two thirds of the time. Each read checks its bounds itself.
/// </remarks>
public ref struct WireReader
{
    /// <summary>Wire type (the low 3 bits of a tag) of variable-length numbers.</summary>
    public const uint Varint = 0;

    /// <summary>Wire type of values of 8 bytes.</summary>
    public const uint Fixed64 = 1;

    /// <summary>Wire type of texts, bytes and messages: their length precedes them.</summary>
    public const uint LengthDelimited = 2;

    /// <summary>Wire type of values of 4 bytes.</summary>
    public const uint Fixed32 = 5;

    private const ulong HighBits = 0x8080_8080_8080_8080;

    private readonly ref byte _start;
    private readonly int _length;
    private int _at;

    /// <summary>Makes a reader at the first byte.</summary>
    /// <param name="bytes">The fields of one message. They must not change while they are read.</param>
    public WireReader(ReadOnlySpan<byte> bytes)
    {
        _start = ref MemoryMarshal.GetReference(bytes);
        _length = bytes.Length;
    }

    /// <summary>Whether all bytes were read.</summary>
    public readonly bool AtEnd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _at >= _length;
    }

    /// <summary>How many bytes were read. After <see cref="TryReadBytes"/>, its value ends here.</summary>
    public readonly int Position
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _at;
    }

    /// <summary>Reads a tag; false for field number 0 and above 2^29 − 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadTag(out uint tag)
    {
        if (_at < _length)
        {
            tag = Unsafe.Add(ref _start, _at);
            if (tag < 0x80)
            {
                _at++;
                return tag > 7;
            }

            // Two bytes: fields 16 to 2047, which is all that the contract has.
            if (_at + 1 < _length && Unsafe.Add(ref _start, _at + 1) is > 0 and < 0x80)
            {
                tag = tag & 0x7f | (uint)Unsafe.Add(ref _start, _at + 1) << 7;
                _at += 2;
                return true;
            }
        }

        var (value, end) = ReadLongVarint(ref _start, _length, _at);
        _at = end;
        tag = (uint)value;
        return end <= _length && value is > 7 and <= uint.MaxValue;
    }

    /// <summary>Reads a variable-length number. As in every protobuf parser, bits beyond 64 are dropped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadVarint(out ulong value)
    {
        if (_at < _length && Unsafe.Add(ref _start, _at) < 0x80)
        {
            value = Unsafe.Add(ref _start, _at++);
            return true;
        }

        (value, _at) = ReadLongVarint(ref _start, _length, _at);
        return _at <= _length;
    }

    /// <summary>Reads four bytes, little-endian.</summary>
    public bool TryReadFixed32(out uint value)
    {
        value = 0;
        if (_at > _length - sizeof(uint))
        {
            return false;
        }

        value = BinaryPrimitives.ReadUInt32LittleEndian(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _start, _at), sizeof(uint)));
        _at += sizeof(uint);
        return true;
    }

    /// <summary>Reads eight bytes, little-endian.</summary>
    public bool TryReadFixed64(out ulong value)
    {
        value = 0;
        if (_at > _length - sizeof(ulong))
        {
            return false;
        }

        value = BinaryPrimitives.ReadUInt64LittleEndian(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _start, _at), sizeof(ulong)));
        _at += sizeof(ulong);
        return true;
    }

    /// <summary>Reads a length and as many bytes: a slice of the bytes, not a copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadBytes(out ReadOnlySpan<byte> value)
    {
        if (TryReadVarint(out var length) && length <= (ulong)(_length - _at))
        {
            value = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _start, _at), (int)length);
            _at += (int)length;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Reads text; false also if it is not UTF-8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadText(out ReadOnlySpan<byte> value) => TryReadBytes(out value) && IsText(value);

    /// <summary>Skips the value that follows a tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TrySkip(uint tag)
    {
        switch (tag & 7)
        {
            case Varint:
                if (_at <= _length - sizeof(ulong))
                {
                    // The first byte without its high bit ends the number. If all eight have it, the long path reads on.
                    var ends = ~Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref _start, _at)) & HighBits;
                    if (ends != 0)
                    {
                        _at += (System.Numerics.BitOperations.TrailingZeroCount(ends) >> 3) + 1;
                        return true;
                    }
                }

                return TryReadVarint(out _);
            case LengthDelimited:
                return TryReadBytes(out _);
            case Fixed32:
                _at += sizeof(uint);
                return _at <= _length;
            case Fixed64:
                _at += sizeof(ulong);
                return _at <= _length;
            default:
                return false;
        }
    }

    /// <summary>Whether the bytes are UTF-8. For ASCII, which nearly all texts are, it takes a few instructions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsText(ReadOnlySpan<byte> bytes)
    {
        ref var start = ref MemoryMarshal.GetReference(bytes);
        var length = bytes.Length;
        if (length is >= sizeof(ulong) and <= 2 * sizeof(ulong))
        {
            var both = Unsafe.ReadUnaligned<ulong>(ref start)
                | Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, length - sizeof(ulong)));
            return (both & HighBits) == 0 || Utf8.IsValid(bytes);
        }

        if (length is >= sizeof(uint) and < sizeof(ulong))
        {
            var both = Unsafe.ReadUnaligned<uint>(ref start)
                | Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, length - sizeof(uint)));
            return (both & 0x8080_8080) == 0 || Utf8.IsValid(bytes);
        }

        return Utf8.IsValid(bytes);
    }

    /// <returns>The number and where it ends: beyond <paramref name="length"/> if it is cut short or too long.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (ulong Value, int End) ReadLongVarint(ref byte start, int length, int at)
    {
        var value = 0ul;
        for (var shift = 0; shift < 64 && (uint)at < (uint)length; shift += 7)
        {
            var next = Unsafe.Add(ref start, at++);
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return (value, at);
            }
        }

        return (0, length + 1);
    }
}
