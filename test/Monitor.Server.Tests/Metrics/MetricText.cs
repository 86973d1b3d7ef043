using System.Globalization;

namespace Monitor.Server.Tests.Metrics;

/// <summary>An answer of /metrics, by the name and labels of each number as they are written.</summary>
internal sealed class MetricText
{
    private readonly Dictionary<string, double> _numbers = [];

    private MetricText(string text)
    {
        Text = text;
        foreach (var line in text.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            var space = line.LastIndexOf(' ');
            _numbers.Add(line[..space], double.Parse(line[(space + 1)..], CultureInfo.InvariantCulture));
        }
    }

    public string Text { get; }

    public double this[string series] => _numbers.TryGetValue(series, out var number)
        ? number
        : throw new AssertionException($"There is no {series} in:\n{Text}");

    public bool Has(string series) => _numbers.ContainsKey(series);

    /// <summary>The sum of all series of a metric whose labels contain a text.</summary>
    public double Sum(string name, string labels = "") => _numbers
        .Where(pair => (pair.Key == name || pair.Key.StartsWith(name + "{", StringComparison.Ordinal)) && pair.Key.Contains(labels, StringComparison.Ordinal))
        .Sum(pair => pair.Value);

    public static async Task<MetricText> OfAsync(HttpClient http) => new(await http.GetStringAsync("/metrics"));

    /// <summary>Fails where promtool has something to say.</summary>
    public async Task CheckAsync() => Assert.That(await Promtool.RunAsync(Text, "check", "metrics"), Is.Empty);
}
