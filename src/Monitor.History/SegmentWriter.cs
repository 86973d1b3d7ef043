using System.Buffers;
using Google.Protobuf;
using Monitor.Events;
using Monitor.History.Format;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Monitor.History;

/// <summary>Makes of a segment, or of a part of one, what is stored. For one thread.</summary>
/// <param name="origins">The origins that the history knows.</param>
internal sealed class SegmentWriter(StoredOrigins origins) : IDisposable
{
    // Of the events of the benchmark, 4 % less than at level 2 for a third more time in all. Level 5 makes 8 % less than this, and takes
    // twice as long to compress.
    private const int Level = 3;

    // A query that finds one event in a segment reads so much at most. Of smaller parts the whole takes more room on disk.
    private const int PartBytes = 5 << 18;

    // What many parts may take more than one.
    private const int MaxOverhead = 64 << 10;

    private readonly SegmentContents _contents = new();
    private readonly Compressor _compressor = MakeCompressor();
    private byte[] _compressed = [];
    private int _length;

    /// <summary>Makes it.</summary>
    /// <param name="log">The log.</param>
    /// <param name="segment">The segment, which the caller has entered.</param>
    /// <param name="from">The first entry.</param>
    /// <param name="to">Behind the last entry, not above <see cref="Segment.Published"/>.</param>
    public SegmentRow Write(LogStore log, Segment segment, int from, int to)
    {
        var run = log.RunOf(segment.Start.Position);
        var start = segment.PointAt(from);
        var end = segment.PointAt(to);
        var bytes = segment.ByteStart(to) - segment.ByteStart(from);
        var parts = WriteParts(segment, from, to);
        var (values, counts) = _contents.End();
        var head = Head(log, run, start, end);
        head.Bytes = (uint)bytes;
        head.Values = UnsafeByteOperations.UnsafeWrap(values.Bits);
        foreach (var part in parts.Parts.Where(part => part.HasMinTime))
        {
            head.MinTime = head.HasMinTime ? Math.Min(head.MinTime, part.MinTime) : part.MinTime;
            head.MaxTime = head.HasMaxTime ? Math.Max(head.MaxTime, part.MaxTime) : part.MaxTime;
        }

        AddTypes(head, log.Types, segment, from, to);
        OriginMark[] marks = [.. segment.StartMarks];
        segment.Advance(ref marks, 0, from);
        OriginMark[] ends = [.. marks];
        segment.Advance(ref ends, from, to);
        var detail = Detail(marks, ends, log.Forgotten, segment.SlicesOf(from, to), counts);
        head.LastOrigin = (ulong)origins.Highest;
        var data = ArrayPool<byte>.Shared.Rent(_length);
        _compressed.AsSpan(0, _length).CopyTo(data);
        return new SegmentRow(
            start, end, bytes, values, head.ToByteArray(), Pack(detail), parts.ToByteArray(), new ArraySegment<byte>(data, 0, _length));
    }

    /// <summary>Makes what is stored where a run starts: it has no entries.</summary>
    /// <param name="log">The log, of whose last run it is.</param>
    /// <param name="marks">How far each origin is read there.</param>
    public SegmentRow WriteStart(LogStore log, OriginMark[] marks)
    {
        var run = log.Runs[^1];
        var head = Head(log, run, run.Start, run.Start);
        var detail = Pack(Detail(marks, marks, log.Forgotten, [], null));
        head.LastOrigin = (ulong)origins.Highest;
        return new SegmentRow(run.Start, run.Start, 0, new ValueIndex([]), head.ToByteArray(), detail, [], ArraySegment<byte>.Empty);
    }

    public void Dispose() => _compressor.Dispose();

    private static SegmentHead Head(LogStore log, in LogRun run, in LogPoint start, in LogPoint end)
    {
        var head = new SegmentHead
        {
            Format = SegmentReader.Format,
            Epoch = run.Epoch,
            RunStart = Places.Of(run.Start),
            Start = Places.Of(start),
            End = Places.Of(end),
        };
        foreach (var other in log.Runs)
        {
            if (other.Epoch == run.Epoch)
            {
                break;
            }

            if (other.Start.Position == run.Start.Position)
            {
                head.EmptyRuns.Add(other.Epoch);
            }
        }

        return head;
    }

    private byte[] Pack(SegmentDetail detail) => _compressor.Wrap(detail.ToByteArray()).ToArray();

    private static void AddTypes(SegmentHead head, EventTypeTable types, Segment segment, int from, int to)
    {
        Span<int> counts = stackalloc int[256];
        counts.Clear();
        for (var index = from; index < to; index++)
        {
            ref readonly var columns = ref segment.Columns(index);
            counts[columns.TypeId] += columns.IsLoss ? 0 : 1;
        }

        for (var type = 1; type < counts.Length; type++)
        {
            if (counts[type] > 0)
            {
                head.Types_.Add(new TypeCount { Name = types.Name((byte)type) ?? "", Count = (uint)counts[type] });
            }
        }
    }

    /// <summary>Compresses the entries, and reads what is in them.</summary>
    private SegmentParts WriteParts(Segment segment, int from, int to)
    {
        var most = Compressor.GetCompressBound(segment.ByteStart(to) - segment.ByteStart(from)) + MaxOverhead;
        if (_compressed.Length < most)
        {
            _compressed = new byte[most];
        }

        _length = 0;
        _contents.Begin();
        var parts = new SegmentParts();
        var all = segment.ByteStart(to) - segment.ByteStart(from);
        var partBytes = all / ((all + PartBytes - 1) / PartBytes) + 1;
        for (var first = from; first < to;)
        {
            var last = EndOfPart(segment, first, to, partBytes);
            var bytes = segment.Bytes(segment.ByteStart(first), segment.ByteStart(last));
            var compressed = _compressor.Wrap(bytes, _compressed.AsSpan(_length));
            _length += compressed;
            var part = new SegmentPart
            {
                Start = Places.Of(segment.PointAt(first)),
                Entries = (uint)(last - first),
                Bytes = (uint)bytes.Length,
                CompressedBytes = (uint)compressed,
                Values = UnsafeByteOperations.UnsafeWrap(_contents.ReadPart(segment, first, last).Bits),
            };
            AddTimes(part, segment, first, last);
            parts.Parts.Add(part);
            first = last;
        }

        return parts;
    }

    private static void AddTimes(SegmentPart part, Segment segment, int from, int to)
    {
        for (var index = from; index < to; index++)
        {
            ref readonly var columns = ref segment.Columns(index);
            if (!columns.IsLoss)
            {
                var time = columns.TimeUnixNanos;
                part.MinTime = part.HasMinTime ? Math.Min(part.MinTime, time) : time;
                part.MaxTime = part.HasMaxTime ? Math.Max(part.MaxTime, time) : time;
            }
        }
    }

    private static int EndOfPart(Segment segment, int from, int to, int partBytes)
    {
        var end = from + 1;
        var start = segment.ByteStart(from);
        while (end < to && segment.ByteStart(end + 1) - start <= partBytes)
        {
            end++;
        }

        return end;
    }

    private static Compressor MakeCompressor()
    {
        var compressor = new Compressor(Level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return compressor;
    }

    private SegmentDetail Detail(
        OriginMark[] marks, OriginMark[] ends, OriginMark[] forgotten, OriginSlice[] slices, SegmentCounts? counts)
    {
        var detail = new SegmentDetail();
        var numbers = new Dictionary<Origin, uint>();
        detail.Marks.AddRange(marks.Where(mark => mark.Origin is not null).Select(MarkOf));
        detail.Forgotten.AddRange(forgotten.Select(MarkOf));

        foreach (var slice in slices)
        {
            detail.Slices.Add(new Slice
            {
                Start = (uint)slice.Start,
                Origin = slice.Origin is { } origin ? NumberOf(origin) + 1 : 0,
                Base = slice.Base,
                Losses = slice.Losses,
            });
        }

        if (counts is not null)
        {
            detail.Counts = new Counts();
            detail.Counts.Names.AddRange(counts.Names);
            detail.Counts.Rows.AddRange(counts.Rows.Select(RowOf));
        }

        return detail;

        Mark MarkOf(OriginMark mark) =>
            new() { Origin = NumberOf(mark.Origin!), Position = (ulong)mark.At.Position, Events = (ulong)mark.At.Events };

        uint NumberOf(Origin origin)
        {
            if (!numbers.TryGetValue(origin, out var number))
            {
                number = (uint)numbers.Count;
                numbers.Add(origin, number);
                var info = new OriginInfo
                {
                    Epoch = origin.Epoch,
                    NodeName = origin.NodeName,
                    StartPosition = (ulong)origin.Start.Position,
                    StartEvents = (ulong)origin.Start.Events,
                    Slot = (uint)origin.Slot,
                    Number = (ulong)origin.Number,
                };
                var end = origin.Slot < ends.Length && ends[origin.Slot].Origin == origin
                    ? ends[origin.Slot]
                    : Array.Find(forgotten, mark => mark.Origin == origin);
                if (end.Origin is not null)
                {
                    info.Losses.AddRange(origin.LossesAt(end.At.Position));
                }

                detail.Origins.Add(info);
                origins.Note(origin);
            }

            return number;
        }
    }

    private static CountRow RowOf(SegmentCounts.Row row) => new()
    {
        Type = (uint)row.Kind.Type,
        Node = (uint)row.Kind.Node,
        Namespace = (uint)row.Kind.Namespace,
        Detail = (uint)row.Kind.Detail,
        Outcome = (int)row.Kind.Outcome,
        Text = (uint)row.Kind.Text,
        Failed = row.Kind.Failed,
        Count = (uint)row.Count,
    };
}

/// <summary>A segment, or a part of one, as it is stored.</summary>
/// <param name="Start">Where it starts.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Bytes">Bytes of the entries before compression.</param>
/// <param name="Values">What it has.</param>
/// <param name="Head">A <see cref="SegmentHead"/>.</param>
/// <param name="Detail">A <see cref="SegmentDetail"/>, compressed.</param>
/// <param name="Parts">A <see cref="SegmentParts"/>.</param>
/// <param name="Data">The entries, compressed.</param>
internal sealed record SegmentRow(LogPoint Start, LogPoint End, int Bytes, ValueIndex Values, byte[] Head, byte[] Detail, byte[] Parts, ArraySegment<byte> Data)
{
    /// <summary>Gives the memory back, once it is stored or was tried to be.</summary>
    public void Return()
    {
        if (Data.Count > 0)
        {
            ArrayPool<byte>.Shared.Return(Data.Array!);
        }
    }
}
