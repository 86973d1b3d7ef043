using Microsoft.Data.Sqlite;
using Monitor.Events;
using ZstdSharp;

namespace Monitor.History;

/// <summary>A segment in a file of the _history. Any thread.</summary>
internal sealed class StoredSegment(EventHistory history, HistoryFile file, long position, int bytes, int entries, ValueIndex values)
    : IStoredSegment
{
    private readonly EventHistory _history = history;

    public HistoryFile File => file;

    /// <summary>Of its first entry in the log.</summary>
    public long Position => position;

    public bool MayMatch(EventFilterPlan filter) => values.MayMatch(filter);

    public void Loaded(Segment segment) => _history.Loaded.Add(segment);

    public bool TryLoad(Segment segment)
    {
        try
        {
            var detail = SegmentReader.ReadDetail(file.ReadDetail(position));
            var marks = SegmentReader.MarksOf(detail, _history.Origins);
            var slices = SegmentReader.SlicesOf(detail, entries, _history.Origins);
            file.ReadData(position, 0, null, data => Fill(segment, data.Span, bytes, marks, slices));
            return true;
        }
        catch (Exception failure) when (IsDamage(failure))
        {
            _history.IsDamaged(this, failure);
            return false;
        }
    }

    public IReadOnlyList<Segment>? PartsThatMayMatch(EventFilterPlan filter)
    {
        try
        {
            var parts = SegmentReader.ReadParts(file.ReadParts(position)).Parts;
            if (parts.Count < 2)
            {
                return null;
            }

            var found = new List<Segment>();
            var offset = 0;
            foreach (var part in parts)
            {
                var facts = SegmentReader.FactsOf(part);
                if (facts.MaxTime >= filter.Since && facts.MinTime < filter.Until && new ValueIndex(part.Values.ToByteArray()).MayMatch(filter))
                {
                    found.Add(new Segment(_history.Buffers, facts, new Part(this, offset, (int)part.CompressedBytes, (int)part.Bytes)));
                }

                offset = checked(offset + (int)part.CompressedBytes);
            }

            // Where it is all of them, the whole: it is kept for the next.
            return found.Count == parts.Count ? null : found;
        }
        catch (Exception failure) when (IsDamage(failure))
        {
            // Reading the whole says so.
            return null;
        }
    }

    public bool MayHave(ulong epoch, long sequence)
    {
        try
        {
            var slices = SegmentReader.SlicesOf(SegmentReader.ReadDetail(file.ReadDetail(position)), entries, _history.Origins);
            for (var number = 0; number < slices.Length; number++)
            {
                ref readonly var slice = ref slices[number];
                var end = number + 1 < slices.Length ? slices[number + 1].Start : entries;
                // Behind its n-th entry the origin is read up to event Base + n - Losses.
                var n = sequence + slice.Losses - slice.Base;
                if (slice.Origin?.Epoch == epoch && n >= 1 && n <= end - slice.Start)
                {
                    return true;
                }
            }

            return false;
        }
        catch (Exception failure) when (IsDamage(failure))
        {
            // Reading its entries says so.
            return true;
        }
    }

    public SegmentCounts? ReadCounts()
    {
        try
        {
            return SegmentReader.CountsOf(SegmentReader.ReadDetail(file.ReadDetail(position)));
        }
        catch (Exception failure) when (IsDamage(failure))
        {
            return null;
        }
    }

    private void Fill(Segment segment, ReadOnlySpan<byte> data, int length, OriginMark[] marks, ReadOnlySpan<OriginSlice> slices)
    {
        var place = segment.BeginLoad(length);
        try
        {
            using var decompressor = new Decompressor();
            if (decompressor.Unwrap(data, place) != length)
            {
                throw new InvalidDataException("bytes are missing");
            }

            segment.EndLoad(length, marks, slices, _history.Types);
        }
        catch
        {
            segment.CancelLoad();
            throw;
        }
    }

    private static bool IsDamage(Exception failure) => failure is SqliteException or InvalidDataException or ZstdException or IOException
        or ObjectDisposedException or InvalidOperationException or OverflowException or ArgumentException or IndexOutOfRangeException;

    /// <summary>A part of the segment, for one query.</summary>
    private sealed class Part(StoredSegment whole, int offset, int compressedBytes, int bytes) : IStoredSegment
    {
        // Nobody comes to it again.
        public void Loaded(Segment segment) => segment.Release();

        public bool MayMatch(EventFilterPlan filter) => true;

        public bool TryLoad(Segment segment)
        {
            try
            {
                whole.File.ReadData(whole.Position, offset, compressedBytes, data => whole.Fill(segment, data.Span, bytes, [], []));
                return true;
            }
            catch (Exception failure) when (IsDamage(failure))
            {
                whole._history.IsDamaged(whole, failure);
                return false;
            }
        }

        public IReadOnlyList<Segment>? PartsThatMayMatch(EventFilterPlan filter) => null;

        public bool MayHave(ulong epoch, long sequence) => true;

        public SegmentCounts? ReadCounts() => null;
    }
}
