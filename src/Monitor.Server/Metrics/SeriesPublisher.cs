using Monitor.Events;
using Prometheus;

namespace Monitor.Server;

/// <summary>Hands a <see cref="SeriesFamily"/> to Prometheus: what was added since the last time, of a histogram whole buckets at
/// once. One thread at a time.</summary>
internal sealed class SeriesPublisher
{
    private readonly Counter? _counter;
    private readonly Histogram? _histogram;
    private readonly Dictionary<Series, Published> _published = [];

    public SeriesPublisher(SeriesFamily family, IMetricFactory factory)
    {
        string[] labels = [.. family.LabelNames];
        if (family.IsHistogram)
        {
            _histogram = factory.CreateHistogram(family.Name, family.Help, labels, new HistogramConfiguration
            {
                Buckets = [.. family.BoundsNanos.Select(bound => bound / 1e9)],
                SuppressInitialValue = true,
            });
        }
        else
        {
            _counter = factory.CreateCounter(family.Name, family.Help, labels, new CounterConfiguration { SuppressInitialValue = true });
        }
    }

    public void Publish(SeriesFamily family)
    {
        foreach (var series in family.Series)
        {
            if (!_published.TryGetValue(series, out var published))
            {
                string[] labels = [.. series.Labels];
                published = new Published(
                    _counter?.WithLabels(labels), _histogram?.WithLabels(labels), new long[series.BucketCounts.Length], new long[series.BucketCounts.Length]);
                _published.Add(series, published);
            }

            published.Counter?.IncTo(series.Value);
            for (var bucket = 0; bucket < series.BucketCounts.Length; bucket++)
            {
                Observe(published, bucket, series.BucketCounts[bucket], series.BucketNanos[bucket]);
            }
        }
    }

    private static void Observe(Published published, int bucket, long count, long nanos)
    {
        var added = count - published.Counts[bucket];
        if (added > 0)
        {
            // The mean of durations of one bucket is in that bucket, and as many of it have their sum.
            published.Histogram!.Observe((nanos - published.Nanos[bucket]) / (double)added / 1e9, added);
            published.Counts[bucket] = count;
            published.Nanos[bucket] = nanos;
        }
    }

    private sealed record Published(ICounter? Counter, IHistogram? Histogram, long[] Counts, long[] Nanos);
}
