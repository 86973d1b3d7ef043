using System.Runtime.CompilerServices;

namespace Monitor.EventLog;

/// <summary>
/// Reads protobuf wire format from bytes that may be anything. Every read says whether it succeeded; after a failure
/// the reader is not to be used. Groups, which no message of the contract has, are refused.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    public const uint Varint = 0;
    public const uint Fixed64 = 1;
    public const uint LengthDelimited = 2;
    public const uint Fixed32 = 5;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    public readonly bool AtEnd => _at >= _bytes.Length;

    public static uint Tag(int field, uint wireType) => (uint)field << 3 | wireType;

    /// <summary>Reads a tag; false for field number 0 and above 2^29 − 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadTag(out uint tag)
    {
        if ((uint)_at < (uint)_bytes.Length && _bytes[_at] < 0x80)
        {
            tag = _bytes[_at++];
            return tag > 7;
        }

        return TryReadLongTag(out tag);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadVarint(out ulong value)
    {
        if ((uint)_at < (uint)_bytes.Length && _bytes[_at] < 0x80)
        {
            value = _bytes[_at++];
            return true;
        }

        return TryReadLongVarint(out value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadBytes(out ReadOnlySpan<byte> value)
    {
        if (TryReadVarint(out var length) && length <= (ulong)(_bytes.Length - _at))
        {
            value = _bytes.Slice(_at, (int)length);
            _at += (int)length;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Passes over the value behind a tag.</summary>
    public bool TrySkip(uint tag)
    {
        switch (tag & 7)
        {
            case Varint:
                return TryReadVarint(out _);
            case LengthDelimited:
                return TryReadBytes(out _);
            case Fixed32:
                _at += 4;
                return _at <= _bytes.Length;
            case Fixed64:
                _at += 8;
                return _at <= _bytes.Length;
            default:
                return false;
        }
    }

    private bool TryReadLongTag(out uint tag)
    {
        // Two bytes: fields 16 to 2047, which is all that the contract has.
        if (_at + 1 < _bytes.Length && _bytes[_at + 1] is > 0 and < 0x80 and var high)
        {
            tag = (uint)(_bytes[_at] & 0x7f) | (uint)high << 7;
            _at += 2;
            return true;
        }

        var read = TryReadLongVarint(out var value);
        tag = (uint)value;
        return read && value is > 7 and <= uint.MaxValue;
    }

    private bool TryReadLongVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if ((uint)_at >= (uint)_bytes.Length)
            {
                return false;
            }

            var next = _bytes[_at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
