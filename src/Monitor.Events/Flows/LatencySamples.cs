using System.Numerics;
using Google.Protobuf.WellKnownTypes;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// Times of one kind: up to <see cref="MostExact"/> as they are, more in a histogram. A bucket is a 32nd of a power of two
/// wide and stands for its middle, so a percentile is right to within 1/64, 1.6 %. It has buckets only between the shortest
/// and the longest time: 128 bytes for each power of two between them.
/// </summary>
internal sealed class LatencySamples
{
    /// <summary>How many are kept as they are: what the histogram takes for four powers of two.</summary>
    public const int MostExact = 64;

    private const int BucketBits = 5;

    private List<long>? _exact = [];
    private uint[] _buckets = [];
    private int _firstBucket;
    private long _max;

    public long Count { get; private set; }

    /// <param name="nanos">Not negative.</param>
    public void Add(long nanos)
    {
        Count++;
        _max = Math.Max(_max, nanos);
        if (_exact is null)
        {
            Bucket(BucketOf(nanos))++;
            return;
        }

        _exact.Add(nanos);
        if (_exact.Count > MostExact)
        {
            var exact = _exact;
            _exact = null;
            exact.ForEach(sample => Bucket(BucketOf(sample))++);
        }
    }

    public void Add(LatencySamples other)
    {
        if (other._exact is { } few)
        {
            few.ForEach(Add);
            return;
        }

        foreach (var nanos in _exact ?? [])
        {
            Bucket(BucketOf(nanos))++;
        }

        _exact = null;
        Count += other.Count;
        _max = Math.Max(_max, other._max);
        for (var i = 0; i < other._buckets.Length; i++)
        {
            if (other._buckets[i] > 0)
            {
                Bucket(other._firstBucket + i) += other._buckets[i];
            }
        }
    }

    /// <summary>The time that so many hundredths of all do not exceed.</summary>
    public long Percentile(int hundredths)
    {
        // Of 10 the fifth is the 50th percentile, and the tenth the 99th.
        var rank = (Count * hundredths + 99) / 100;
        if (_exact is { } exact)
        {
            return exact.Order().ElementAt((int)rank - 1);
        }

        var index = 0;
        for (var below = (long)_buckets[0]; below < rank; below += _buckets[index])
        {
            index++;
        }

        return Math.Min(_max, MiddleOf(_firstBucket + index));
    }

    /// <summary>Null where there is none.</summary>
    public LatencySummary? ToSummary() => Count == 0 ? null : new LatencySummary
    {
        Count = Count,
        P50 = ToDuration(Percentile(50)),
        P99 = ToDuration(Percentile(99)),
        Max = ToDuration(_max),
    };

    private static Duration ToDuration(long nanos) =>
        new() { Seconds = nanos / 1_000_000_000, Nanos = (int)(nanos % 1_000_000_000) };

    private static int BucketOf(long nanos)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)nanos | 1) - BucketBits);
        return (shift << BucketBits) + (int)(nanos >> shift);
    }

    private static long MiddleOf(int bucket)
    {
        var shift = Math.Max(0, (bucket >> BucketBits) - 1);
        return ((long)(bucket - (shift << BucketBits)) << shift) + (1L << shift >> 1);
    }

    private ref uint Bucket(int bucket)
    {
        if (_buckets.Length == 0)
        {
            _firstBucket = bucket;
        }

        if (bucket < _firstBucket || bucket >= _firstBucket + _buckets.Length)
        {
            // To whole powers of two, so that it seldom grows.
            var first = Math.Min(_firstBucket, bucket) >> BucketBits << BucketBits;
            var last = Math.Max(_firstBucket + _buckets.Length, bucket + 1);
            var larger = new uint[(last - first + (1 << BucketBits) - 1) >> BucketBits << BucketBits];
            _buckets.CopyTo(larger, _firstBucket - first);
            _buckets = larger;
            _firstBucket = first;
        }

        return ref _buckets[bucket - _firstBucket];
    }
}
