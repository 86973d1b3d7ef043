using Monitor.Events;
using Monitor.Server.Settings;

namespace Monitor.Server;

/// <summary>The settings of both programs for <c>/metrics</c>.</summary>
public static class MetricSettings
{
    /// <summary><c>metrics-labels</c>.</summary>
    public static Setting<IReadOnlyList<string>> Labels { get; } = new(
        "metrics-labels",
        ValueFormats.ListOf(ValueFormats.OneOf([.. NetworkLabel.All.Select(label => label.Name)])),
        "Labels of the metrics of the network. All but the default ones can have as many values as there are packets.",
        string.Join(',', NetworkLabel.Default.Select(label => label.Name)));

    /// <summary><c>metrics-max-series</c>.</summary>
    public static Setting<long> MaxSeries { get; } = new(
        "metrics-max-series",
        ValueFormats.WholeNumber(1, 100_000),
        "Series of one metric; the rest is summed under the label value other. A histogram has a tenth as many. With the default "
        + "and names of usual length, an answer of /metrics is below 1 MB.",
        MetricOptions.DefaultMaxSeries.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>All of them, in the order of the help.</summary>
    internal static IReadOnlyList<Setting> All { get; } = [Labels, MaxSeries];

    internal static MetricOptions OptionsOf(SettingValues settings)
    {
        var names = settings.Get(Labels);
        return new MetricOptions
        {
            // In the order of all, each once.
            Labels = [.. NetworkLabel.All.Where(label => names.Contains(label.Name))],
            MaxSeries = (int)settings.Get(MaxSeries),
        };
    }
}
