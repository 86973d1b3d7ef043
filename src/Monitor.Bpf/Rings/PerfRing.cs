using System.Runtime.CompilerServices;

namespace Monitor.Bpf.Rings;

/// <summary>
/// The ring of one CPU, read in place: a struct perf_event_mmap_page and behind it the records. The kernel moves the
/// head, this class the tail; whatever lies between belongs to the reader. For one thread.
/// </summary>
internal sealed unsafe class PerfRing
{
    /// <summary>Offsets in struct perf_event_mmap_page; fixed since 4.1.</summary>
    internal const int HeadOffset = 1024;
    internal const int TailOffset = 1032;
    internal const int DataOffsetOffset = 1040;
    internal const int DataSizeOffset = 1048;

    internal const uint RecordLost = 2;
    internal const uint RecordSample = 9;
    internal const int HeaderSize = 8;

    // struct perf_event_header, u32 size of the raw data, the raw data.
    internal const int SamplePrefix = 12;

    // struct perf_event_header, u64 id, u64 lost.
    private const int LostSize = 24;

    // Room is given back to the kernel after this part of the ring: often enough that a producer in a long drain finds
    // room, rarely enough that the line with the tail, which the producer reads for each record, stays in its cache.
    private const int ReleaseFraction = 4;

    private readonly byte* _page;
    private readonly byte* _data;
    private readonly ulong _mask;

    private ulong _released;
    private ulong _position;
    private ulong _end;
    private ulong _head;
    private int _payloadLength;

    /// <param name="cpu">The CPU that writes it.</param>
    /// <param name="page">The mapping, which must outlive this.</param>
    /// <param name="dataOffset">Of the first record from the mapping's start.</param>
    /// <param name="dataSize">Bytes for records; a power of two.</param>
    internal PerfRing(int cpu, nint page, ulong dataOffset, ulong dataSize)
    {
        Cpu = cpu;
        _page = (byte*)page;
        _data = _page + dataOffset;
        _mask = dataSize - 1;
    }

    internal int Cpu { get; }

    /// <summary>Its perf event, owned by the set; -1 for a ring in ordinary memory.</summary>
    internal int Descriptor { get; init; } = -1;

    /// <summary>Index of its set in the reader.</summary>
    internal int SetIndex { get; set; }

    internal PerfRecordKind Kind { get; private set; }

    internal ulong Timestamp { get; private set; }

    internal ulong PreviousTimestamp { get; private set; }

    /// <summary>Lost samples or skipped bytes, by <see cref="Kind"/>.</summary>
    internal ulong Count { get; private set; }

    /// <summary>Takes note of where the kernel is now, and looks at the first record.</summary>
    /// <returns>False where there is nothing.</returns>
    internal bool Begin()
    {
        _head = ReadHead();
        _position = _released = *(ulong*)(_page + TailOffset);
        return Peek();
    }

    /// <summary>Goes over the record that <see cref="Peek"/> saw, to the next one.</summary>
    /// <returns>False at the end of what <see cref="Begin"/> saw.</returns>
    internal bool Advance()
    {
        if (Kind == PerfRecordKind.Sample)
        {
            PreviousTimestamp = Timestamp;
        }

        _position = _end;
        if (_position - _released > _mask / ReleaseFraction)
        {
            Release();
        }

        return Peek();
    }

    /// <summary>Gives the kernel the room of everything before the current record, if there is one, else of everything.</summary>
    internal void Release()
    {
        if (_position != _released)
        {
            // Release semantics: the records were read before the kernel may overwrite them.
            Volatile.Write(ref Unsafe.AsRef<ulong>(_page + TailOffset), _position);
            _released = _position;
        }
    }

    /// <summary>Gives up the current record too, without looking at the next.</summary>
    internal void Abandon()
    {
        if (Kind == PerfRecordKind.Sample)
        {
            PreviousTimestamp = Timestamp;
        }

        _position = _end;
    }

    /// <summary>The bytes of the current sample, copied only where they wrap.</summary>
    internal ReadOnlySpan<byte> Payload(Span<byte> scratch)
    {
        var start = (_position + SamplePrefix) & _mask;
        var beforeWrap = _mask + 1 - start;
        if ((ulong)_payloadLength <= beforeWrap)
        {
            return new ReadOnlySpan<byte>(_data + start, _payloadLength);
        }

        new ReadOnlySpan<byte>(_data + start, (int)beforeWrap).CopyTo(scratch);
        new ReadOnlySpan<byte>(_data, _payloadLength - (int)beforeWrap).CopyTo(scratch[(int)beforeWrap..]);
        return scratch[.._payloadLength];
    }

    private bool Peek()
    {
        while (_position != _head)
        {
            var available = _head - _position;
            if (available > _mask + 1 || (_position & 7) != 0 || (_head & 7) != 0)
            {
                // Not even the bounds make sense; the kernel's word for where it writes next is all there is.
                return SetCorrupt(available, _head);
            }

            // Records are multiples of 8 bytes in a ring that is one too: a header does not wrap.
            var header = U64(_position);
            var size = header >> 48;
            if (size < HeaderSize || (size & 7) != 0 || size > available)
            {
                return SetCorrupt(available, _head);
            }

            switch ((uint)header)
            {
                case RecordSample:
                    return SetSample(size);
                case RecordLost:
                    return SetLost(size);
                default:
                    // Nothing else is asked for; a kernel that adds a kind of record must not stop us.
                    _position += size;
                    break;
            }
        }

        return false;
    }

    private bool SetSample(ulong size)
    {
        if (size < SamplePrefix + 4)
        {
            return SetCorrupt(size, _position + size);
        }

        var raw = U32(_position + HeaderSize);
        if (raw > size - SamplePrefix)
        {
            return SetCorrupt(size, _position + size);
        }

        Kind = PerfRecordKind.Sample;
        Count = 0;
        _payloadLength = (int)raw;
        Timestamp = SampleTimestamp(_position, raw);
        _end = _position + size;
        return true;
    }

    private bool SetLost(ulong size)
    {
        if (size < LostSize)
        {
            return SetCorrupt(size, _position + size);
        }

        Kind = PerfRecordKind.Lost;
        Count = U64(_position + 16);
        _end = _position + size;

        // The kernel writes the record together with the sample that found room again, so that one is there.
        Timestamp = PreviousTimestamp;
        if (_head - _end >= SamplePrefix + 4 && (uint)U64(_end) == RecordSample)
        {
            Timestamp = Math.Max(SampleTimestamp(_end, U32(_end + HeaderSize)), PreviousTimestamp);
        }

        return true;
    }

    private bool SetCorrupt(ulong bytes, ulong next)
    {
        Kind = PerfRecordKind.Corrupt;
        Count = bytes;
        Timestamp = PreviousTimestamp;
        _end = next;
        return true;
    }

    // At 4 modulo 8, so it may wrap in its middle.
    private ulong SampleTimestamp(ulong record, uint rawLength) =>
        rawLength < 8 ? 0 : U32(record + SamplePrefix) | (ulong)U32(record + SamplePrefix + 4) << 32;

    // Acquire semantics: the records up to the head are complete.
    private ulong ReadHead() => Volatile.Read(ref Unsafe.AsRef<ulong>(_page + HeadOffset));

    private uint U32(ulong at) => *(uint*)(_data + (at & _mask));

    private ulong U64(ulong at) => *(ulong*)(_data + (at & _mask));
}
