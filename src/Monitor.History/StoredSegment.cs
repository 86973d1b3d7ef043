using Microsoft.Data.Sqlite;
using Monitor.Events;
using ZstdSharp;

namespace Monitor.History;

/// <summary>A segment in a file of the history. Any thread.</summary>
internal sealed class StoredSegment(EventHistory history, HistoryFile file, long position, int bytes, int entries, ValueIndex values)
    : IStoredSegment
{
    public HistoryFile File => file;

    /// <summary>The position behind its last entry.</summary>
    public long End => position + entries;

    public bool MayMatch(EventFilterPlan filter) => values.MayMatch(filter);

    public void Loaded(Segment segment) => history.Loaded.Add(segment);

    public bool TryLoad(Segment segment) => Try(
        segment,
        () =>
        {
            var (detailBytes, data) = file.Read(position);
            var detail = SegmentReader.ReadDetail(detailBytes);
            var marks = SegmentReader.MarksOf(detail, history.Origins);
            var slices = SegmentReader.SlicesOf(detail, entries, history.Origins);
            var place = segment.BeginLoad(bytes);
            try
            {
                using var decompressor = new Decompressor();
                if (decompressor.Unwrap(data, place) != bytes)
                {
                    throw new InvalidDataException("bytes are missing");
                }

                segment.EndLoad(bytes, marks, slices, history.Types);
                return true;
            }
            catch
            {
                segment.CancelLoad();
                throw;
            }
        });

    public bool MayHave(ulong epoch, long sequence)
    {
        try
        {
            var slices = SegmentReader.SlicesOf(SegmentReader.ReadDetail(file.ReadDetail(position)), entries, history.Origins);
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

    private bool Try(Segment segment, Func<bool> read)
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (IsDamage(failure))
        {
            history.IsDamaged(segment, file, failure);
            return false;
        }
    }

    private static bool IsDamage(Exception failure) =>
        failure is SqliteException or InvalidDataException or ZstdException or IOException or ObjectDisposedException or InvalidOperationException;
}
