using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace Monitor.Agent.Encoding;

/// <summary>
/// Writes protobuf fields one after the other into a buffer that its owner made large enough for every event
/// (<see cref="EventEncoder.MaxEventBytes"/>): a fragment that is made once and copied often costs a few nanoseconds,
/// where the generated serialiser takes several hundred for the whole event.
/// </summary>
internal ref struct WireWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _buffer[..Length];

    private readonly Span<byte> Rest => _buffer[Length..];

    /// <summary>Field with a varint: integers, enums, booleans.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Varint(int field, ulong value)
    {
        Raw((ulong)(uint)field << 3);
        Raw(value);
    }

    /// <summary>Field with a signed 32-bit number as int32 has it: sign-extended, ten bytes where negative.</summary>
    public void Int32(int field, int value) => Varint(field, (ulong)(long)value);

    /// <summary>Field with text or bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bytes(int field, scoped ReadOnlySpan<byte> value)
    {
        Raw(((ulong)(uint)field << 3) | 2);
        Raw((ulong)value.Length);
        Fragment(value);
    }

    /// <summary>Fields that are encoded already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fragment(scoped ReadOnlySpan<byte> encoded)
    {
        encoded.CopyTo(Rest);
        Length += encoded.Length;
    }

    /// <summary>Field with a message, or text, of at most 127 bytes; its end is set by <see cref="End"/>.</summary>
    /// <returns>What End takes.</returns>
    public int Begin(int field)
    {
        Raw(((ulong)(uint)field << 3) | 2);
        _buffer[Length] = 0;
        return Length++;
    }

    /// <summary>Sets the length of what Begin began.</summary>
    public readonly void End(int begin) => _buffer[begin] = checked((byte)(sbyte)(Length - begin - 1));

    /// <summary>Digits of a number, as part of a text.</summary>
    public void Digits(ulong value)
    {
        Utf8Formatter.TryFormat(value, Rest, out var written);
        Length += written;
    }

    /// <summary>Timestamp or Duration: seconds and nanoseconds as fields 1 and 2.</summary>
    public void SecondsAndNanos(int field, long nanos)
    {
        var seconds = nanos / 1_000_000_000;
        var begin = Begin(field);
        Varint(1, (ulong)seconds);
        Varint(2, (ulong)(nanos - seconds * 1_000_000_000));
        End(begin);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Raw(ulong value)
    {
        if (value < 0x80)
        {
            _buffer[Length++] = (byte)value;
        }
        else
        {
            RawLong(value);
        }
    }

    private void RawLong(ulong value)
    {
        var at = Length;
        for (; value >= 0x80; value >>= 7)
        {
            _buffer[at++] = (byte)(value | 0x80);
        }

        _buffer[at++] = (byte)value;
        Length = at;
    }
}
