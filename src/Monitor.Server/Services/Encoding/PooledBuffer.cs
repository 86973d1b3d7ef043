using System.Buffers;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// A buffer that is borrowed while it has content. One owner at a time: who fills it hands it to a response, whose
/// marshaller gives the memory back by disposing of it; then it can be filled again.
/// </summary>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    // One block for a trickle of events; a busy stream soon borrows what its last batches needed.
    private const int LeastBytes = 16 << 10;

    private byte[] _buffer = [];
    private int _written;
    private int _expected = LeastBytes;

    /// <summary>What was written. Valid until the next write or <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _written);

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_written);
    }

    /// <summary>Writes an event as an element of a response.</summary>
    public void WriteEvent(ReadOnlySpan<byte> encoded)
    {
        Span<byte> head = stackalloc byte[2 * WireWriter.MaxVarintBytes];
        var writer = new WireWriter(head);
        writer.Varint(ListEventsResponse.EventsFieldNumber << 3 | WireReader.LengthDelimited);
        writer.Varint((ulong)encoded.Length);
        var target = GetSpan(writer.Written.Length + encoded.Length);
        writer.Written.CopyTo(target);
        encoded.CopyTo(target[writer.Written.Length..]);
        Advance(writer.Written.Length + encoded.Length);
    }

    /// <summary>Gives the memory back. More than once does no harm.</summary>
    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            // Follows the need up at once, and down slowly.
            _expected = Math.Max(LeastBytes, Math.Max(_written, _expected - (_expected >> 3)));
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }

        _written = 0;
    }

    private void Reserve(int sizeHint)
    {
        var needed = _written + Math.Max(sizeHint, 1);
        if (needed <= _buffer.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _buffer.Length == 0 ? _expected : _buffer.Length * 2));
        _buffer.AsSpan(0, _written).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}
