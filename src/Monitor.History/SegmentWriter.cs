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
    // Half as much data as at level 1, and twice as fast as level 3.
    private const int Level = 2;

    private readonly SegmentContents _contents = new();
    private readonly Compressor _compressor = MakeCompressor();
    private byte[] _compressed = [];

    /// <summary>Makes it.</summary>
    /// <param name="log">The log.</param>
    /// <param name="segment">The segment, which the caller has entered.</param>
    /// <param name="from">The first entry.</param>
    /// <param name="to">Behind the last entry, not above <see cref="Segment.Published"/>.</param>
    public SegmentRow Write(LogStore log, Segment segment, int from, int to)
    {
        var run = log.RunOf(segment.Start.Position);
        var (values, counts) = _contents.Read(segment, from, to);
        var start = segment.PointAt(from);
        var end = segment.PointAt(to);
        var bytes = segment.Bytes(segment.ByteStart(from), segment.ByteStart(to));
        var head = new SegmentHead
        {
            Format = SegmentReader.Format,
            Epoch = run.Epoch,
            RunStart = Places.Of(run.Start),
            Start = Places.Of(start),
            End = Places.Of(end),
            Bytes = (uint)bytes.Length,
            Values = UnsafeByteOperations.UnsafeWrap(values.Bits),
        };
        AddTimesAndTypes(head, log.Types, segment, from, to);
        OriginMark[] marks = [.. segment.StartMarks];
        segment.Advance(ref marks, 0, from);
        OriginMark[] ends = [.. marks];
        segment.Advance(ref ends, from, to);
        var detail = Detail(marks, ends, segment.SlicesOf(from, to), counts);
        return new SegmentRow(start, end, bytes.Length, values, head.ToByteArray(), detail.ToByteArray(), Compress(bytes).ToArray());
    }

    /// <summary>Makes what is stored where a run starts: it has no entries.</summary>
    /// <param name="run">The run.</param>
    /// <param name="marks">How far each origin is read there.</param>
    public SegmentRow WriteStart(in LogRun run, OriginMark[] marks)
    {
        var head = new SegmentHead
        {
            Format = SegmentReader.Format,
            Epoch = run.Epoch,
            RunStart = Places.Of(run.Start),
            Start = Places.Of(run.Start),
            End = Places.Of(run.Start),
        };
        return new SegmentRow(
            run.Start, run.Start, 0, new ValueIndex([]), head.ToByteArray(), Detail(marks, marks, [], null).ToByteArray(), []);
    }

    public void Dispose() => _compressor.Dispose();

    private static void AddTimesAndTypes(SegmentHead head, EventTypeTable types, Segment segment, int from, int to)
    {
        Span<int> counts = stackalloc int[256];
        counts.Clear();
        for (var index = from; index < to; index++)
        {
            ref readonly var columns = ref segment.Columns(index);
            if (columns.IsLoss)
            {
                continue;
            }

            counts[columns.TypeId]++;
            head.MinTime = head.HasMinTime ? Math.Min(head.MinTime, columns.TimeUnixNanos) : columns.TimeUnixNanos;
            head.MaxTime = head.HasMaxTime ? Math.Max(head.MaxTime, columns.TimeUnixNanos) : columns.TimeUnixNanos;
        }

        for (var type = 1; type < counts.Length; type++)
        {
            if (counts[type] > 0)
            {
                head.Types_.Add(new TypeCount { Name = types.Name((byte)type) ?? "", Count = (uint)counts[type] });
            }
        }
    }

    private static Compressor MakeCompressor()
    {
        var compressor = new Compressor(Level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return compressor;
    }

    private SegmentDetail Detail(OriginMark[] marks, OriginMark[] ends, OriginSlice[] slices, SegmentCounts? counts)
    {
        var detail = new SegmentDetail();
        var numbers = new Dictionary<Origin, uint>();
        foreach (var mark in marks)
        {
            if (mark.Origin is { } origin)
            {
                detail.Marks.Add(new Mark { Origin = NumberOf(origin), Position = (ulong)mark.At.Position, Events = (ulong)mark.At.Events });
            }
        }

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
                if (origin.Slot < ends.Length && ends[origin.Slot].Origin == origin)
                {
                    info.Losses.AddRange(origin.LossesAt(ends[origin.Slot].At.Position));
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

    private ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> bytes)
    {
        var most = Compressor.GetCompressBound(bytes.Length);
        if (_compressed.Length < most)
        {
            _compressed = new byte[most];
        }

        return _compressed.AsSpan(0, _compressor.Wrap(bytes, _compressed));
    }
}

/// <summary>A segment, or a part of one, as it is stored.</summary>
/// <param name="Start">Where it starts.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Bytes">Bytes of the entries before compression.</param>
/// <param name="Values">What it has.</param>
/// <param name="Head">A <see cref="SegmentHead"/>.</param>
/// <param name="Detail">A <see cref="SegmentDetail"/>.</param>
/// <param name="Data">The entries, compressed.</param>
internal sealed record SegmentRow(LogPoint Start, LogPoint End, int Bytes, ValueIndex Values, byte[] Head, byte[] Detail, byte[] Data);
