using Monitor.Events;

namespace Monitor.Server;

/// <summary>One number of a metric, and the values of its labels, as <see cref="SeriesFamily.Bounded"/> has them.</summary>
internal readonly record struct Sample(double Value, params string[] Labels)
{
    private const char Between = '\0';

    /// <summary>The values of its labels.</summary>
    public string[] Labels { get; } = Array.ConvertAll(Labels, SeriesFamily.Bounded);

    /// <summary>Another text for each other list of labels, which agents give any characters.</summary>
    public string Key => string.Join(
        Between, Array.Exists(Labels, static label => label.Contains(Between, StringComparison.Ordinal)) ? Labels.Select(WithLength) : Labels);

    private static string WithLength(string label) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{label.Length}:{label}");
}
