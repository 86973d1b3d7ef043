namespace Monitor.Events;

/// <summary>One set of label values of a <see cref="SeriesFamily"/>, and what was counted under it.</summary>
public sealed class Series
{
    internal Series(IReadOnlyList<string> labels, int buckets, bool isOther)
    {
        Labels = labels;
        IsOther = isOther;
        BucketCounts = new long[buckets];
        BucketNanos = new long[buckets];
    }

    /// <summary>Values of the labels, in the order of <see cref="SeriesFamily.LabelNames"/>. An empty one is absent.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Whether it stands for all that had no room.</summary>
    public bool IsOther { get; internal set; }

    /// <summary>The sum of a counter. Never falls.</summary>
    public long Value { get; internal set; }

    /// <summary>Of a histogram: how many durations were in each bucket, not cumulated; the last is beyond all bounds.</summary>
    public long[] BucketCounts { get; }

    /// <summary>Of a histogram: the sum of the durations in each bucket, ns.</summary>
    public long[] BucketNanos { get; }
}
