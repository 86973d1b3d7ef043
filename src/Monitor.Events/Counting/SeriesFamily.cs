using System.Text;

namespace Monitor.Events;

/// <summary>
/// A metric: its name, its labels, and its series, of which there are never more than a limit. What comes then is summed under
/// <see cref="OtherValue"/>, and counted. Not for several threads at once.
/// </summary>
public sealed class SeriesFamily
{
    /// <summary>Value of an open label in the series that take in what has no room.</summary>
    public const string OtherValue = "other";

    // What is longer is no name of anything; DNS names have 253 bytes.
    private const int MaxLabelBytes = 256;

    private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);

    // By the values of the closed labels, for what has no room.
    private readonly Dictionary<string, Series> _others = new(StringComparer.Ordinal);
    private readonly List<Series> _all = [];

    // How many series each value of the first label has; null where they do not share.
    private readonly Dictionary<string, int>? _shares;
    private readonly int _openLabels;
    private readonly long[] _boundsNanos;
    private readonly int _maxSeries;

    /// <param name="name">Name by Prometheus' conventions.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="openLabels">Labels whose values come from outside: nobody knows how many there are.</param>
    /// <param name="closedLabels">Labels with a handful of values.</param>
    /// <param name="maxSeries">Most series, 1 or more, without those of <see cref="OtherValue"/>.</param>
    /// <param name="boundsNanos">Upper bounds of the buckets of a histogram, ascending, ns. Empty: a counter.</param>
    /// <param name="isShared">Whether the values of the first label share the series: each has at most an equal part of them, by
    /// how many values have come so far, and at most half. So none takes all before others come.</param>
    public SeriesFamily(
        string name,
        string help,
        IReadOnlyList<string> openLabels,
        IReadOnlyList<string> closedLabels,
        int maxSeries,
        IReadOnlyList<long>? boundsNanos = null,
        bool isShared = false)
    {
        ArgumentNullException.ThrowIfNull(openLabels);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSeries, 1);
        Name = name;
        Help = help;
        LabelNames = [.. openLabels, .. closedLabels];
        _openLabels = openLabels.Count;
        _maxSeries = maxSeries;
        _boundsNanos = [.. boundsNanos ?? []];
        _shares = isShared ? new(StringComparer.Ordinal) : null;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What it counts.</summary>
    public string Help { get; }

    /// <summary>The labels.</summary>
    public IReadOnlyList<string> LabelNames { get; }

    /// <summary>Whether it is a histogram of durations.</summary>
    public bool IsHistogram => _boundsNanos.Length > 0;

    /// <summary>Upper bounds of the buckets, ns, without the infinite one.</summary>
    public IReadOnlyList<long> BoundsNanos => _boundsNanos;

    /// <summary>The series, in no order.</summary>
    public IReadOnlyCollection<Series> Series => _all;

    /// <summary>How many events were counted under <see cref="OtherValue"/> for want of room.</summary>
    public long Folded { get; private set; }

    /// <summary>The value of a label: what is above 256 bytes is no name, and <see cref="OtherValue"/> in its place.</summary>
    public static string Bounded(string value) => Encoding.UTF8.GetByteCount(value) > MaxLabelBytes ? OtherValue : value;

    /// <summary>The series of these values, or the one for what has no room.</summary>
    /// <param name="values">One for each label. Not changed afterwards.</param>
    public Series Get(string[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Bounded(values[i]);
        }

        // No name has a NUL: the kernel ends texts with it, and Kubernetes has none.
        var key = string.Join('\0', values);
        if (_series.TryGetValue(key, out var found))
        {
            return found;
        }

        if (_series.Count < _maxSeries && TryTakeShare(values[0]))
        {
            return _series[key] = Make(values, isOther: false);
        }

        var closed = string.Join('\0', values[_openLabels..]);
        if (!_others.TryGetValue(closed, out found))
        {
            string[] folded = [.. Enumerable.Repeat(OtherValue, _openLabels), .. values[_openLabels..]];
            // Somebody's workload may be named like that: one series for both then, since no reader could tell two apart.
            if (_series.TryGetValue(string.Join('\0', folded), out found))
            {
                found.IsOther = true;
            }

            _others[closed] = found ??= Make(folded, isOther: true);
        }

        return found;
    }

    /// <summary>Adds to a counter.</summary>
    public void Add(Series series, long amount)
    {
        series.Value += amount;
        Folded += series.IsOther ? 1 : 0;
    }

    /// <summary>Adds a duration to a histogram.</summary>
    public void Observe(Series series, long nanos)
    {
        var bucket = 0;
        while (bucket < _boundsNanos.Length && nanos > _boundsNanos[bucket])
        {
            bucket++;
        }

        series.BucketCounts[bucket]++;
        series.BucketNanos[bucket] += nanos;
        Folded += series.IsOther ? 1 : 0;
    }

    private bool TryTakeShare(string value)
    {
        if (_shares is null)
        {
            return true;
        }

        var taken = _shares.GetValueOrDefault(value);
        var values = _shares.Count + (taken == 0 ? 1 : 0);
        if (taken > 0 && taken >= _maxSeries / Math.Max(2, values))
        {
            return false;
        }

        _shares[value] = taken + 1;
        return true;
    }

    private Series Make(string[] values, bool isOther)
    {
        var made = new Series(values, IsHistogram ? _boundsNanos.Length + 1 : 0, isOther);
        _all.Add(made);
        return made;
    }
}
