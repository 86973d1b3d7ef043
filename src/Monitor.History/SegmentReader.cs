using Google.Protobuf;
using Monitor.Events;
using Monitor.History.Format;
using Monitor.V1;
using ZstdSharp;

namespace Monitor.History;

/// <summary>
/// Reads what was stored of a segment, which may be anything. A place in an agent's log that is impossible voids what the segment
/// says of that agent's progress, and nothing of others.
/// </summary>
internal static class SegmentReader
{
    /// <summary>What this server writes and reads.</summary>
    public const uint Format = 1;

    // An entry has a tag and a length.
    private const int MinEntryBytes = 2;
    private const int MaxSlots = 1 << 20;

    // A mark of each of a million agents.
    private const int MaxDetailBytes = 64 << 20;

    /// <summary>Reads a head.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="HistoryException">It is of a later version.</exception>
    public static SegmentHead ReadHead(byte[] bytes)
    {
        var head = Parse(SegmentHead.Parser, bytes);
        if (head.Format != Format)
        {
            throw new HistoryException(
                $"the history has format {head.Format}, and this version of the program reads {Format}. Give another folder, or take the "
                + "version that wrote it.");
        }

        var (start, end) = (Places.From(head.Start), Places.From(head.End));
        _ = Places.From(head.RunStart);
        var entries = end.Position - start.Position;
        if (entries < 0 || end.Events < start.Events || end.Events - start.Events > entries
            || head.Bytes > LogStore.MaxSegmentBytes || entries > head.Bytes / MinEntryBytes)
        {
            throw new InvalidDataException("it starts and ends at impossible places");
        }

        return head;
    }

    /// <summary>What the log keeps of it.</summary>
    public static SegmentFacts FactsOf(SegmentHead head, EventTypeTable types)
    {
        var start = Places.From(head.Start);
        var counts = new int[256];
        foreach (var type in head.Types_)
        {
            counts[type.Name.Length == 0 ? EventTypeTable.Other : types.GetOrAdd(type.Name)] += (int)type.Count;
        }

        return new SegmentFacts
        {
            Start = start,
            Entries = (int)(Places.From(head.End).Position - start.Position),
            MinTime = head.HasMinTime ? head.MinTime : long.MaxValue,
            MaxTime = head.HasMaxTime ? head.MaxTime : long.MinValue,
            TypeCounts = counts[..(counts.AsSpan().LastIndexOfAnyExcept(0) + 1)],
        };
    }

    /// <summary>Reads a detail.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static SegmentDetail ReadDetail(byte[] bytes)
    {
        try
        {
            using var decompressor = new Decompressor();
            return Parse(SegmentDetail.Parser, decompressor.Unwrap(bytes, MaxDetailBytes).ToArray());
        }
        catch (ZstdException damaged)
        {
            throw new InvalidDataException("what is known of it cannot be decompressed", damaged);
        }
    }

    /// <summary>Reads what is said of the parts.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static SegmentParts ReadParts(byte[] bytes) => Parse(SegmentParts.Parser, bytes);

    /// <summary>What is known of a part without reading it.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static SegmentFacts FactsOf(SegmentPart part)
    {
        if (part.Bytes > LogStore.MaxSegmentBytes || part.Entries > part.Bytes / MinEntryBytes || part.CompressedBytes > int.MaxValue)
        {
            throw new InvalidDataException("a part is impossible");
        }

        return new SegmentFacts
        {
            Start = Places.From(part.Start),
            Entries = (int)part.Entries,
            MinTime = part.HasMinTime ? part.MinTime : long.MaxValue,
            MaxTime = part.HasMaxTime ? part.MaxTime : long.MinValue,
            TypeCounts = [],
        };
    }

    /// <summary>How far the origins were read before the segment, by slot.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static OriginMark[] MarksOf(SegmentDetail detail, StoredOrigins origins)
    {
        OriginMark[] marks = [];
        foreach (var mark in detail.Marks)
        {
            if (MarkOf(detail, mark, origins) is not { Origin: { } origin } possible)
            {
                continue;
            }

            if (origin.Slot >= marks.Length)
            {
                Array.Resize(ref marks, Math.Max(origin.Slot + 1, Math.Min(marks.Length * 2, detail.Marks.Count)));
            }

            marks[origin.Slot] = possible;
        }

        return marks;
    }

    /// <summary>How far the origins were read that were retired.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static OriginMark[] ForgottenOf(SegmentDetail detail, StoredOrigins origins) =>
    [
        .. detail.Forgotten.Select(mark => MarkOf(detail, mark, origins)).OfType<OriginMark>(),
    ];

    /// <summary>Moves marks from the start of a segment to its end.</summary>
    public static OriginMark[] AtEnd(OriginMark[] marks, ReadOnlySpan<OriginSlice> slices, int entries)
    {
        for (var number = 0; number < slices.Length; number++)
        {
            ref readonly var slice = ref slices[number];
            if (slice.Origin is not { } origin)
            {
                continue;
            }

            if (origin.Slot >= marks.Length)
            {
                Array.Resize(ref marks, origin.Slot + 1);
            }

            var end = number + 1 < slices.Length ? slices[number + 1].Start : entries;
            marks[origin.Slot] = new OriginMark { Origin = origin, At = slice.After(end - slice.Start) };
        }

        return marks;
    }

    /// <summary>The slices of its entries.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static OriginSlice[] SlicesOf(SegmentDetail detail, int entries, StoredOrigins origins)
    {
        var slices = new OriginSlice[detail.Slices.Count];
        for (var number = 0; number < slices.Length; number++)
        {
            var slice = detail.Slices[number];
            if (slice.Start >= entries || (number > 0 && slice.Start <= slices[number - 1].Start))
            {
                throw new InvalidDataException("a slice is impossible");
            }

            var origin = slice.Origin == 0 ? null : OriginOf(detail, slice.Origin - 1, origins);
            slices[number] = IsPlace(slice.Base) && IsPlace(slice.Losses)
                ? new OriginSlice { Start = (int)slice.Start, Origin = origin, Base = slice.Base, Losses = slice.Losses }
                : new OriginSlice { Start = (int)slice.Start };
        }

        return slices;
    }

    /// <summary>The counts; null where there are none.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static SegmentCounts? CountsOf(SegmentDetail detail)
    {
        if (detail.Counts is not { } counts)
        {
            return null;
        }

        foreach (var row in counts.Rows)
        {
            if (Math.Max(Math.Max(row.Type, row.Node), Math.Max(row.Namespace, row.Text)) >= counts.Names.Count || row.Count > int.MaxValue)
            {
                throw new InvalidDataException("a count is impossible");
            }
        }

        return new SegmentCounts(counts.Names, [.. counts.Rows.Select(KindOf)]);
    }

    private static SegmentCounts.Row KindOf(CountRow row) => new(
        new SegmentCounts.Kind(
            (int)row.Type, (int)row.Node, (int)row.Namespace, (int)row.Detail,
            (ConnectionDetail.Types.Outcome)row.Outcome, (int)row.Text, row.Failed),
        (int)row.Count);

    private static bool IsPlace(long number) => number is >= -OriginPoint.MaxPosition and <= OriginPoint.MaxPosition;

    // Null: its place is impossible, or that where its origin starts.
    private static OriginMark? MarkOf(SegmentDetail detail, Mark mark, StoredOrigins origins) =>
        OriginOf(detail, mark.Origin, origins) is { } origin && Places.OriginPointOf(mark.Position, mark.Events) is { } at
            ? new OriginMark { Origin = origin, At = at }
            : null;

    // Null: where it starts is impossible.
    private static Origin? OriginOf(SegmentDetail detail, uint number, StoredOrigins origins) =>
        number < detail.Origins.Count && detail.Origins[(int)number] is { Slot: <= MaxSlots } info
            ? origins.Of(info)
            : throw new InvalidDataException("an origin is missing");

    private static T Parse<T>(MessageParser<T> parser, byte[] bytes)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException malformed)
        {
            throw new InvalidDataException("what is known of it cannot be read", malformed);
        }
    }
}
