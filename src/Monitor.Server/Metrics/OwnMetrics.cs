using Monitor.V1;
using static Monitor.Server.MetricKind;

namespace Monitor.Server;

/// <summary>
/// What the user's own monitors count in their maps, as an agent's metrics; an aggregator of many nodes would repeat what each of them
/// says. A histogram of powers of two is two counters here, how many values and their sum: its buckets are in
/// /api/monitors/NAME/metrics.
/// </summary>
internal static class OwnMetrics
{
    private const string Prefix = "monitor_own_";

    /// <summary>The metrics that there are now. Two with the same name have different labels.</summary>
    public static IEnumerable<StateMetric> Of(StateSnapshot state) => state.Own
        .Where(own => own.Family.Series.Count > 0)
        .SelectMany(family => Counters(family).Select(counter => (family.Monitor, family.Family, Counter: counter)))
        .GroupBy(own => (own.Counter.Name, Labels: string.Join(',', own.Counter.Labels)))
        .Select(same => new StateMetric(
            same.Key.Name,
            Counter,
            "Counted by a monitor of the user's own.",
            same.First().Counter.Labels,
            _ => same.SelectMany(own => own.Counter.Samples)));

    private static IEnumerable<(string Name, string[] Labels, IEnumerable<Sample> Samples)> Counters((string Monitor, MetricFamily Family) own)
    {
        var family = own.Family;
        // All series of a map have the same labels.
        string[] keys = [.. family.Series[0].Labels.Keys.Order(StringComparer.Ordinal)];
        string[] labels = ["node", "monitor", .. LabelNames(keys)];
        IEnumerable<Sample> Samples(Func<MetricSeries, double> value) => family.Series.Select(series =>
            new Sample(value(series), [family.NodeName, own.Monitor, .. keys.Select(key => series.Labels.GetValueOrDefault(key, ""))]));

        var name = Prefix + Plain(family.Name);
        if (family.Kind == MonitorMetric.Types.Kind.Histogram)
        {
            yield return (name + "_values_total", labels, Samples(series => series.Count));
            yield return (name + "_sum_total", labels, Samples(series => series.Sum));
        }
        else
        {
            yield return (name.EndsWith("_total", StringComparison.Ordinal) ? name : name + "_total", labels, Samples(series => series.Count));
        }
    }

    // Names of C, with a dot where a structure is in a structure. Some mean something to Prometheus, or are taken.
    private static IEnumerable<string> LabelNames(IEnumerable<string> keys)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal) { "node", "monitor", "le", "quantile" };
        foreach (var key in keys)
        {
            var name = Plain(key);
            while (name.StartsWith("__", StringComparison.Ordinal) || !taken.Add(name))
            {
                name = "key_" + name;
            }

            yield return name;
        }
    }

    private static string Plain(string name) =>
        string.Concat(name.Select(character => char.IsAsciiLetterOrDigit(character) ? character : '_'));
}
