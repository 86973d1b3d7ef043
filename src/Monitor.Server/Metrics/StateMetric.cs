namespace Monitor.Server;

/// <summary>A metric that is read from what the server knows anyway, when somebody asks. One declaration serves Prometheus and
/// OpenTelemetry.</summary>
/// <param name="Name">Name by Prometheus' conventions, with the unit and of a counter with _total.</param>
/// <param name="Kind">What its numbers mean.</param>
/// <param name="Help">One sentence.</param>
/// <param name="Labels">Names of its labels.</param>
/// <param name="Read">Its numbers. Two with the same labels are added.</param>
internal sealed record StateMetric(
    string Name, MetricKind Kind, string Help, string[] Labels, Func<StateSnapshot, IEnumerable<Sample>> Read)
{
    /// <summary>Its numbers, no more than so many: what has no room is added under labels that are all "other". Nodes have room in
    /// turn, so that none has much before all have something.</summary>
    public IEnumerable<Sample> ReadBounded(StateSnapshot snapshot, int maxSeries)
    {
        var sums = new Dictionary<string, Sample>(StringComparer.Ordinal);
        foreach (var sample in Read(snapshot))
        {
            Add(sums, sample);
        }

        if (sums.Count <= maxSeries)
        {
            return sums.Values;
        }

        var all = sums.Values
            .GroupBy(sample => Labels is ["node", ..] ? sample.Labels[0] : "")
            .SelectMany(node => node.Select((sample, turn) => (sample, turn)))
            .OrderBy(inTurn => inTurn.turn)
            .Select(inTurn => inTurn.sample)
            .ToList();
        sums = all.Take(maxSeries).ToDictionary(sample => sample.Key, StringComparer.Ordinal);
        Add(sums, new Sample(
            all.Skip(maxSeries).Sum(sample => sample.Value), [.. Enumerable.Repeat(Events.SeriesFamily.OtherValue, Labels.Length)]));
        return sums.Values;
    }

    private static void Add(Dictionary<string, Sample> sums, in Sample sample)
    {
        var key = sample.Key;
        sums[key] = sums.TryGetValue(key, out var sum) ? sum with { Value = sum.Value + sample.Value } : sample;
    }
}
