using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// Consecutive entries in one buffer: their bytes grow from the front, their columns from the back. One writer. Readers
/// see entries below <see cref="Published"/>, and only between <see cref="TryAcquire"/> and <see cref="Release"/>.
/// </summary>
/// <remarks>
/// The bytes of an entry are those of a field of a response: tag, length, message. Consecutive events are copied to the
/// wire as they are.
/// </remarks>
internal sealed class Segment
{
    /// <summary>Entries of one block, which has a time range of its own: a query reads all 256 headers, 16 KiB, or
    /// none.</summary>
    public const int BlockEntries = 1 << BlockShift;
    public const int BlockShift = 8;

    private readonly SegmentBuffers _buffers;
    private readonly Lock _loading = new();
    private readonly int _capacity;
    private int _top;
    private byte[] _buffer;

    // Where it can be read from again, once it has left memory; null for as long as it is not stored anywhere else.
    private IStoredSegment? _stored;

    // One for the log while the segment is in memory for good, or for the store while it was read lately; and one for each
    // reader that is inside.
    private int _references = 1;
    private int _published;
    private int _count;
    private int _end;
    private bool _sealed;

    // Indexes of the losses, ascending, unused places int.MaxValue. Replaced by a longer one, never shrunk.
    private int[] _lossIndexes = [];
    private int _lossCount;
    private Block[] _blocks = new Block[16];
    private long _minTime = long.MaxValue;
    private long _maxTime = long.MinValue;
    private int[] _typeCounts = new int[256];

    // Where the entries come from. Unused elements start at int.MaxValue. Replaced by a longer array.
    private OriginSlice[] _slices = [];
    private int _sliceCount;

    public Segment(SegmentBuffers buffers, in LogPoint start, OriginMark[] marks)
    {
        StartMarks = marks;
        _buffers = buffers;
        _capacity = buffers.SegmentBytes;
        _buffer = buffers.Take();
        _top = _buffers.TopOf(_buffer);
        Start = start;
        Array.Fill(_blocks, Block.Empty);
    }

    /// <summary>A segment that is stored, and not in memory until somebody enters it.</summary>
    /// <param name="buffers">What it takes its buffer from then.</param>
    /// <param name="facts">What is known of it without reading it.</param>
    /// <param name="stored">Where it is read from.</param>
    public Segment(SegmentBuffers buffers, in SegmentFacts facts, IStoredSegment stored)
    {
        _buffers = buffers;
        _buffer = [];
        _blocks = [];
        _stored = stored;
        _references = 0;
        _published = facts.Entries;
        _sealed = true;
        _minTime = facts.MinTime;
        _maxTime = facts.MaxTime;
        _typeCounts = facts.TypeCounts;
        StartMarks = [];
        Start = facts.Start;
    }

    /// <summary>The time range of the events in a block. It may include events that are not published.</summary>
    public struct Block
    {
        public static readonly Block Empty = new() { MinTime = long.MaxValue, MaxTime = long.MinValue };
        public long MinTime;
        public long MaxTime;
    }

    /// <summary>The log before the first entry.</summary>
    public readonly LogPoint Start;

    /// <summary>How far each origin of the log was read before the first entry, by slot. Must not be changed. For a reader that
    /// is inside.</summary>
    public OriginMark[] StartMarks { get; private set; }

    /// <summary>Where it is read from once it has left memory; null where it is lost then.</summary>
    public IStoredSegment? Stored => Volatile.Read(ref _stored);

    /// <summary>How many entries can be read. Read it before anything that depends on it.</summary>
    public int Published => Volatile.Read(ref _published);

    /// <summary>Whether no entry will follow. Read it before <see cref="Published"/>, which is then final.</summary>
    public bool Sealed => Volatile.Read(ref _sealed);

    /// <summary>How many events there are; exact in a sealed segment.</summary>
    public int EventCount
    {
        get
        {
            var sum = 0;
            foreach (var count in Volatile.Read(ref _typeCounts))
            {
                sum += count;
            }

            return sum;
        }
    }

    /// <summary>Time of the oldest event; long.MaxValue if there is none.</summary>
    public long MinTime => Volatile.Read(ref _minTime);

    /// <summary>Time of the newest event; long.MinValue if there is none.</summary>
    public long MaxTime => Volatile.Read(ref _maxTime);

    /// <summary>How many events have this type; exact in a sealed segment.</summary>
    public int TypeCount(int typeId)
    {
        var counts = Volatile.Read(ref _typeCounts);
        return typeId < counts.Length ? Volatile.Read(ref counts[typeId]) : 0;
    }

    // ---- Writer ----

    /// <summary>How many entries there are, including those that are not published.</summary>
    public int Count => _count;

    /// <summary>Whether an entry of so many bytes, with tag and length, has room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HasRoom(int bytes) => _capacity - (_count + 1) * EventColumns.Size - _end >= bytes;

    /// <summary>Appends an event, in three parts, for which there is room. Readers do not see it yet.</summary>
    public void AppendEvent(
        in EventColumns columns, int field, ReadOnlySpan<byte> message, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        var time = columns.Time;
        var index = Write(columns, field, message, second, third);
        _typeCounts[columns.Type]++;
        var number = index >> BlockShift;
        if (number >= _blocks.Length)
        {
            GrowBlocks();
        }

        ref var block = ref _blocks[number];
        if (time < block.MinTime)
        {
            block.MinTime = time;
            if (time < _minTime)
            {
                Volatile.Write(ref _minTime, time);
            }
        }

        if (time > block.MaxTime)
        {
            block.MaxTime = time;
            if (time > _maxTime)
            {
                Volatile.Write(ref _maxTime, time);
            }
        }
    }

    /// <summary>Appends a loss for which there is room. Readers do not see it yet.</summary>
    public void AppendLoss(in EventColumns columns, int field, ReadOnlySpan<byte> message)
    {
        var index = Write(columns, field, message, default, default);
        if (index >> BlockShift >= _blocks.Length)
        {
            GrowBlocks();
        }

        NoteLoss(index);
    }

    private void NoteLoss(int index)
    {
        if (_lossCount == _lossIndexes.Length)
        {
            var longer = new int[Math.Max(4, _lossCount * 2)];
            _lossIndexes.CopyTo(longer, 0);
            longer.AsSpan(_lossCount).Fill(int.MaxValue);
            Volatile.Write(ref _lossIndexes, longer);
        }

        _lossIndexes[_lossCount++] = index;
    }

    /// <summary>Adds a slice; call it before its first entry is appended.</summary>
    public void AddSlice(in OriginSlice slice)
    {
        if (_sliceCount == _slices.Length)
        {
            var longer = new OriginSlice[Math.Max(8, _sliceCount * 2)];
            _slices.CopyTo(longer, 0);
            longer.AsSpan(_sliceCount).Fill(new OriginSlice { Start = int.MaxValue });
            Volatile.Write(ref _slices, longer);
        }

        _slices[_sliceCount++] = slice;
    }

    /// <summary>Lets readers see everything that was appended.</summary>
    public void Publish() => Volatile.Write(ref _published, _count);

    /// <summary>Marks the segment as complete.</summary>
    public void Seal() => Volatile.Write(ref _sealed, true);

    // ---- Readers ----

    /// <summary>Enters, and reads the segment where it is stored and not in memory: some milliseconds. False if it was evicted, or
    /// cannot be read. Never stay inside across an await.</summary>
    public bool TryAcquire() => TryEnter() || (Stored is not null && TryLoad());

    /// <summary>Whether it is stored and has to be read before somebody can enter.</summary>
    public bool NeedsLoading => Stored is not null && Volatile.Read(ref _references) <= 0;

    /// <summary>Enters if the segment is in memory.</summary>
    public bool TryEnter()
    {
        var references = Volatile.Read(ref _references);
        while (references > 0)
        {
            var seen = Interlocked.CompareExchange(ref _references, references + 1, references);
            if (seen == references)
            {
                return true;
            }

            references = seen;
        }

        return false;
    }

    /// <summary>Leaves. The last one, reader or log, returns the buffer.</summary>
    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        Debug.Assert(left >= 0, "A segment was released more often than acquired.");
        if (left == 0)
        {
            Unload();
        }
    }

    /// <summary>From now on it can be read from there when it has left memory.</summary>
    public void StoredAs(IStoredSegment stored)
    {
        var counts = _typeCounts;
        var used = counts.AsSpan().LastIndexOfAnyExcept(0) + 1;
        Volatile.Write(ref _typeCounts, counts[..used]);
        Volatile.Write(ref _stored, stored);
    }

    /// <summary>What is in the store cannot be read.</summary>
    public void StoreIsLost() => Volatile.Write(ref _stored, null);

    // Not where somebody has entered, or the store has read it again, since the last one left.
    private void Unload()
    {
        lock (_loading)
        {
            if (Volatile.Read(ref _references) != 0 || _buffer.Length == 0)
            {
                return;
            }

            var buffer = _buffer;
            _buffer = [];
            _blocks = [];
            _slices = [];
            _sliceCount = 0;
            _lossIndexes = [];
            _lossCount = 0;
            StartMarks = [];
            _buffers.Return(buffer);
        }
    }

    private bool TryLoad()
    {
        IStoredSegment loaded;
        lock (_loading)
        {
            if (TryEnter())
            {
                return true;
            }

            if (Stored is not { } stored)
            {
                return false;
            }

            if (_buffer.Length == 0 && !stored.TryLoad(this))
            {
                return false;
            }

            // One for this reader, and one for the store, which keeps what was read lately.
            Volatile.Write(ref _references, 2);
            loaded = stored;
        }

        // Not inside, for it may release another one.
        loaded.Loaded(this);
        return true;
    }

    // ---- The store, which alone knows the segment while it is being read ----

    /// <summary>Takes a buffer for so many bytes of entries.</summary>
    /// <returns>The place of the bytes.</returns>
    public Span<byte> BeginLoad(int bytes)
    {
        _buffer = _buffers.Take();
        _top = _buffers.TopOf(_buffer);
        return bytes <= _top ? _buffer.AsSpan(0, bytes) : throw new InvalidDataException("it is larger than a segment");
    }

    /// <summary>Makes the columns of the entries whose bytes are in place.</summary>
    /// <param name="bytes">How many bytes.</param>
    /// <param name="marks">See <see cref="StartMarks"/>.</param>
    /// <param name="slices">The slices of the entries.</param>
    /// <param name="types">The type numbers of the log.</param>
    /// <exception cref="InvalidDataException">They are not the entries of this segment.</exception>
    public void EndLoad(int bytes, OriginMark[] marks, ReadOnlySpan<OriginSlice> slices, EventTypeTable types)
    {
        var entries = _buffer.AsSpan(0, bytes);
        _blocks = new Block[(_published + BlockEntries - 1) >> BlockShift];
        Array.Fill(_blocks, Block.Empty);
        _count = 0;
        _end = 0;
        var reader = new WireReader(entries);
        while (!reader.AtEnd)
        {
            if (_count == _published || !reader.TryReadTag(out var tag) || !reader.TryReadBytes(out var message)
                || reader.Position > _top - (_count + 1) * EventColumns.Size)
            {
                throw new InvalidDataException("its entries are not whole");
            }

            if (tag == EventTags.ResponseEvent)
            {
                Place(
                    EventColumns.TryParse(message, types, out var columns)
                        ? columns
                        : throw new InvalidDataException("one of its events is malformed"),
                    reader.Position);
                ref var block = ref _blocks[(_count - 1) >> BlockShift];
                block.MinTime = Math.Min(block.MinTime, columns.Time);
                block.MaxTime = Math.Max(block.MaxTime, columns.Time);
            }
            else if (tag == EventTags.ResponseLoss)
            {
                NoteLoss(_count);
                Place(LossCounts.ColumnsOf(Loss.Parser.ParseFrom(message)), reader.Position);
            }
            else
            {
                throw new InvalidDataException("it has entries of an unknown kind");
            }
        }

        if (_count != _published)
        {
            throw new InvalidDataException("entries are missing");
        }

        StartMarks = marks;
        foreach (ref readonly var slice in slices)
        {
            AddSlice(slice);
        }
    }

    /// <summary>Gives the buffer back after a failure between the two.</summary>
    public void CancelLoad()
    {
        var buffer = _buffer;
        _buffer = [];
        _buffers.Return(buffer);
    }

    /// <summary>The slices from one index up to another, the first of them as if it began at the first index.</summary>
    public OriginSlice[] SlicesOf(int from, int to)
    {
        var slices = Volatile.Read(ref _slices);
        var found = new List<OriginSlice>();
        for (var number = Math.Max(0, SliceBelow(slices, from)); number < slices.Length && slices[number].Start < to; number++)
        {
            var slice = slices[number];
            var before = Math.Max(0, from - slice.Start);
            found.Add(slice with { Start = slice.Start + before - from, Base = slice.Base + before });
        }

        return [.. found];
    }

    /// <summary>The columns of an entry below <see cref="Published"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly EventColumns Columns(int index) => ref Header(index);

    /// <summary>Where the bytes of an entry start. For the index after the last entry: where all bytes end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ByteStart(int index) => index == 0 ? 0 : Header(index - 1).End;

    /// <summary>The bytes between two places, with the tag and length of each entry.</summary>
    public ReadOnlySpan<byte> Bytes(int start, int end) => _buffer.AsSpan(start, end - start);

    /// <summary>The message of an entry, without tag and length.</summary>
    public ReadOnlySpan<byte> Message(int index)
    {
        var reader = new WireReader(Bytes(ByteStart(index), Header(index).End));
        reader.TryReadTag(out _);
        reader.TryReadBytes(out var message);
        return message;
    }

    /// <summary>The range of times of a block of <see cref="BlockEntries"/>.</summary>
    public Block TimesOf(int block)
    {
        ref var times = ref Volatile.Read(ref _blocks)[block];
        return new Block { MinTime = Volatile.Read(ref times.MinTime), MaxTime = Volatile.Read(ref times.MaxTime) };
    }

    /// <summary>How many losses are among the entries below an index.</summary>
    public int LossesBelow(int index)
    {
        var indexes = Volatile.Read(ref _lossIndexes);
        if (indexes.Length == 0 || index == 0)
        {
            return 0;
        }

        var found = indexes.AsSpan().BinarySearch(index - 1);
        return found >= 0 ? found + 1 : ~found;
    }

    /// <summary>Index of the first loss at or after an index; int.MaxValue if there is none.</summary>
    public int NextLoss(int index)
    {
        var indexes = Volatile.Read(ref _lossIndexes);
        var below = LossesBelow(index);
        return below < indexes.Length ? indexes[below] : int.MaxValue;
    }

    /// <summary>The place before an entry, with the counts up to there. For a reader that is inside.</summary>
    public LogPoint PointAt(int index)
    {
        var losses = LossesBelow(index);
        var point = Start;
        point.Position += index;
        point.Events += index - losses;
        var indexes = Volatile.Read(ref _lossIndexes);
        for (var loss = 0; loss < losses; loss++)
        {
            point.Losses.Add(Columns(indexes[loss]));
        }

        return point;
    }

    /// <summary>The slice of an entry below <see cref="Published"/>.</summary>
    /// <param name="index">The entry.</param>
    /// <param name="end">Index behind the slice's last entry; int.MaxValue if no slice follows yet.</param>
    public OriginSlice SliceAt(int index, out int end)
    {
        var slices = Volatile.Read(ref _slices);
        var number = SliceBelow(slices, index);
        end = number + 1 < slices.Length ? slices[number + 1].Start : int.MaxValue;
        return number < 0 ? default : slices[number];
    }

    /// <summary>Moves marks over the entries from one index up to another, both not above <see cref="Published"/>.</summary>
    /// <param name="marks">How far the origins are read before the entries, by slot; becomes longer if needed.</param>
    /// <param name="from">First entry.</param>
    /// <param name="to">Index behind the last one.</param>
    public void Advance(ref OriginMark[] marks, int from, int to)
    {
        var slices = Volatile.Read(ref _slices);
        for (var number = Math.Max(0, SliceBelow(slices, from)); number < slices.Length && slices[number].Start < to; number++)
        {
            ref readonly var slice = ref slices[number];
            if (slice.Origin is not { } origin)
            {
                continue;
            }

            if (origin.Slot >= marks.Length)
            {
                Array.Resize(ref marks, Math.Max(origin.Slot + 1, marks.Length * 2));
            }

            var end = number + 1 < slices.Length ? Math.Min(slices[number + 1].Start, to) : to;
            marks[origin.Slot] = new OriginMark { Origin = origin, At = slice.After(end - slice.Start) };
        }
    }

    /// <summary>The last slice that starts at or before an entry; -1 if there is none.</summary>
    private static int SliceBelow(OriginSlice[] slices, int index)
    {
        var low = 0;
        var high = slices.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (slices[middle].Start <= index)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private int Write(
        in EventColumns columns, int field, ReadOnlySpan<byte> message, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        var index = _count;
        var writer = new WireWriter(_buffer.AsSpan(_end));
        writer.BytesHeader(field, message.Length + second.Length + third.Length);
        writer.Fragment(message);
        writer.Fragment(second);
        writer.Fragment(third);
        Place(columns, _end + writer.Length);
        return index;
    }

    // The bytes are there already, up to the end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Place(in EventColumns columns, int end)
    {
        _end = end;
        ref var header = ref Header(_count);
        header = columns;
        header.End = end;
        _count++;
    }

    // HasRoom and Published bound the index; a bounds check would cost a scan a fifth of its speed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref EventColumns Header(int index)
    {
        Debug.Assert((uint)index <= (uint)_count && _buffer.Length != 0, "Outside of the segment.");
        return ref Unsafe.As<byte, EventColumns>(ref Unsafe.Add(
            ref MemoryMarshal.GetArrayDataReference(_buffer), _top - (index + 1) * EventColumns.Size));
    }

    private void GrowBlocks()
    {
        var longer = new Block[_blocks.Length * 2];
        _blocks.CopyTo(longer, 0);
        longer.AsSpan(_blocks.Length).Fill(Block.Empty);
        Volatile.Write(ref _blocks, longer);
    }
}
