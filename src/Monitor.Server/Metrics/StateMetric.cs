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
    /// <summary>Its numbers, no more than so many: what has no room is added under labels that are all "other".</summary>
    public IEnumerable<Sample> ReadBounded(StateSnapshot snapshot, int maxSeries)
    {
        var sums = new Dictionary<string, Sample>(StringComparer.Ordinal);
        var other = default(Sample?);
        foreach (var sample in Read(snapshot))
        {
            var key = sample.Key;
            if (sums.TryGetValue(key, out var sum))
            {
                sums[key] = sum with { Value = sum.Value + sample.Value };
            }
            else if (sums.Count < maxSeries)
            {
                sums[key] = sample;
            }
            else
            {
                other = new Sample(
                    (other?.Value ?? 0) + sample.Value, [.. Enumerable.Repeat(Events.SeriesFamily.OtherValue, Labels.Length)]);
            }
        }

        return other is null ? sums.Values : [.. sums.Values, other.Value];
    }
}
