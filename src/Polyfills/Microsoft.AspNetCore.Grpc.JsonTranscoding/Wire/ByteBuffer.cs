using System.Buffers;
using System.Runtime.CompilerServices;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

/// <summary>
/// Bytes under construction in one array from the shared pool, reused from message to message. Not thread-safe.
/// </summary>
internal sealed class ByteBuffer : IBufferWriter<byte>, IDisposable
{
    // An event as JSON is near 700 bytes; most messages fit without growing.
    private const int InitialCapacity = 2048;

    private byte[] _array = ArrayPool<byte>.Shared.Rent(InitialCapacity);
    private int _length;

    /// <summary>How many bytes were written.</summary>
    public int Length => _length;

    /// <summary>How many bytes the array has.</summary>
    public int Capacity => _array.Length;

    /// <summary>What was written. Valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _array.AsSpan(0, _length);

    /// <summary>What was written, as memory. Valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, _length);

    /// <summary>Forgets what was written.</summary>
    public void Clear() => _length = 0;

    /// <summary>Drops everything from <paramref name="length"/> on.</summary>
    public void Truncate(int length) => _length = length;

    /// <summary>Gives at least <paramref name="count"/> bytes to write to, taken over by <see cref="Advance"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Reserve(int count)
    {
        if (_array.Length - _length < count)
        {
            Grow(count);
        }

        return _array.AsSpan(_length);
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_array.Length - _length));
        _length += count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteByte(byte value)
    {
        Reserve(1)[0] = value;
        _length++;
    }

    /// <summary>Makes room for <paramref name="count"/> bytes at <paramref name="index"/> by moving what is behind.</summary>
    public void InsertGap(int index, int count)
    {
        Reserve(count);
        _array.AsSpan(index, _length - index).CopyTo(_array.AsSpan(index + count));
        _length += count;
    }

    /// <summary>The written bytes from <paramref name="index"/>, to change in place.</summary>
    public Span<byte> At(int index, int count) => _array.AsSpan(index, count);

    /// <inheritdoc/>
    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsMemory(_length);
    }

    /// <inheritdoc/>
    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint) => Reserve(Math.Max(sizeHint, 1));

    /// <summary>Gives the array back. The buffer must not be used afterwards.</summary>
    public void Dispose()
    {
        var array = _array;
        _array = [];
        _length = 0;
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        var needed = checked(_length + count);
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, (int)Math.Min((long)_array.Length * 2, Array.MaxLength)));
        _array.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }
}
