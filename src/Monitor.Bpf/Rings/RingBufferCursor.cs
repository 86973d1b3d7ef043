using System.Runtime.CompilerServices;

namespace Monitor.Bpf.Rings;

/// <summary>
/// Reads a ring buffer in place (kernel/bpf/ringbuf.c): records of a header of 8 bytes and the data, rounded up to 8. The
/// kernel moves the producer's position when it reserves a record and clears the record's busy bit when it commits it; this
/// class moves the consumer's. For one thread.
/// </summary>
internal sealed unsafe class RingBufferCursor
{
    internal const int HeaderSize = 8;
    internal const uint Busy = 1u << 31;
    internal const uint Discarded = 1u << 30;

    // As for the rings of CPUs: often enough that a long drain makes room, rarely enough that the line stays in its cache.
    private const int ReleaseFraction = 4;

    private readonly ulong* _consumer;
    private readonly ulong* _producer;
    private readonly byte* _data;
    private readonly ulong _mask;
    private ulong _position;
    private ulong _released;
    private ulong _end;

    /// <param name="consumer">The reader's page.</param>
    /// <param name="producer">The kernel's page.</param>
    /// <param name="data">The data, mapped twice one behind the other.</param>
    /// <param name="bytes">Their size: a power of two.</param>
    internal RingBufferCursor(nint consumer, nint producer, nint data, ulong bytes)
    {
        _consumer = (ulong*)consumer;
        _producer = (ulong*)producer;
        _data = (byte*)data;
        _mask = bytes - 1;
    }

    /// <summary>Bytes that were skipped since they made no sense.</summary>
    internal ulong CorruptBytes { get; private set; }

    /// <summary>Whether the next record is there and complete.</summary>
    internal bool HasRecord
    {
        get
        {
            // The kernel wakes a reader where it finds that the position which was last written is that of the record: the
            // write must be seen before the record is looked for.
            Interlocked.MemoryBarrier();
            var (position, end) = (*_consumer, Volatile.Read(ref *_producer));
            return position != end && ((position & 7) != 0 || (Header(position) & Busy) == 0);
        }
    }

    /// <summary>Takes note of where the kernel is now.</summary>
    internal void Begin()
    {
        _position = _released = *_consumer;
        _end = Volatile.Read(ref *_producer);
        CorruptBytes = 0;
    }

    /// <summary>To the next record; the one before becomes invalid.</summary>
    /// <returns>False at the end of what <see cref="Begin"/> saw, or where a record is not complete.</returns>
    internal bool TryNext(out ReadOnlySpan<byte> payload)
    {
        if (_position - _released > _mask / ReleaseFraction)
        {
            Release();
        }

        while (_position != _end)
        {
            var available = _end - _position;
            if (available > _mask + 1 || (_position & 7) != 0 || (_end & 7) != 0)
            {
                return Skip(out payload);
            }

            var header = Header(_position);
            if ((header & Busy) != 0)
            {
                break;
            }

            var length = header & ~(Busy | Discarded);
            var size = (length + (ulong)HeaderSize + 7) & ~7ul;
            if (size > available)
            {
                return Skip(out payload);
            }

            var start = (_position & _mask) + HeaderSize;
            _position += size;
            if ((header & Discarded) == 0)
            {
                payload = new ReadOnlySpan<byte>(_data + start, (int)length);
                return true;
            }
        }

        payload = default;
        return false;
    }

    /// <summary>Gives the kernel the room of every record that was handed out.</summary>
    internal void Release()
    {
        if (_position != _released)
        {
            // Release semantics: the records were read before the kernel may overwrite them.
            Volatile.Write(ref *_consumer, _position);
            _released = _position;
        }
    }

    // The kernel's word for where it writes next is all there is.
    private bool Skip(out ReadOnlySpan<byte> payload)
    {
        CorruptBytes += _end - _position;
        _position = _end;
        payload = default;
        return false;
    }

    // Acquire semantics: what a record has is complete where it is not busy.
    private uint Header(ulong position) => Volatile.Read(ref Unsafe.AsRef<uint>(_data + (position & _mask)));
}
