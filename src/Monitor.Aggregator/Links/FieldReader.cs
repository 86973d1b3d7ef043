namespace Monitor.Aggregator.Links;

/// <summary>
/// Walks the fields of one protobuf message, which may be anything, and says where those are that have a length. After a
/// failure it is not to be used. Groups, which no message of the contract has, are refused.
/// </summary>
internal ref struct FieldReader(ReadOnlySpan<byte> message)
{
    private const uint Varint = 0;
    private const uint Fixed64 = 1;
    private const uint Fixed32 = 5;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;

    /// <summary>Wire type of a field that has a length.</summary>
    public const uint LengthDelimited = 2;

    public readonly bool AtEnd => _at >= _message.Length;

    /// <summary>Reads a tag; false where there is none.</summary>
    public bool TryReadTag(out uint tag)
    {
        var isNumber = TryReadVarint(out var value);
        tag = (uint)value;
        return isNumber && value is > 7 and <= uint.MaxValue;
    }

    /// <summary>Reads a length and passes over what has it; false where that is not all there.</summary>
    public bool TryReadBytes(out int start, out int length)
    {
        var isNumber = TryReadVarint(out var value);
        start = _at;
        length = (int)value;
        if (!isNumber || value > (ulong)(_message.Length - _at))
        {
            return false;
        }

        _at += length;
        return true;
    }

    /// <summary>Passes over the value behind a tag.</summary>
    public bool TrySkip(uint tag)
    {
        switch (tag & 7)
        {
            case Varint:
                return TryReadVarint(out _);
            case LengthDelimited:
                return TryReadBytes(out _, out _);
            case Fixed64:
                _at += sizeof(ulong);
                return _at <= _message.Length;
            case Fixed32:
                _at += sizeof(uint);
                return _at <= _message.Length;
            default:
                return false;
        }
    }

    private bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && _at < _message.Length; shift += 7)
        {
            var next = _message[_at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
