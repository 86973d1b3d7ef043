using System.Globalization;

namespace Monitor.Kubernetes.Watching;

/// <summary>How a watch is doing, for health and metrics.</summary>
/// <param name="Resource">What it watches: "pods".</param>
/// <param name="Phase">How it is doing.</param>
/// <param name="LastContact">When the API server was heard last; null for never.</param>
/// <param name="Error">What is wrong and what to do about it; null where nothing is.</param>
/// <param name="Objects">Objects in the last list, and changes since.</param>
/// <param name="Lists">Whole lists taken: 1, and one more for each time that a watch could not go on.</param>
/// <param name="Changes">Objects that a watch told of.</param>
/// <param name="Malformed">Objects that were left out because they could not be read.</param>
public sealed record WatchStatus(
    string Resource,
    WatchPhase Phase,
    DateTimeOffset? LastContact,
    string? Error,
    long Objects,
    long Lists,
    long Changes,
    long Malformed)
{
    /// <summary>Whether it is up to date.</summary>
    public bool IsHealthy => Phase == WatchPhase.Watching;

    /// <summary>What keeps it from being up to date, for people. Empty where nothing does.</summary>
    public string Describe()
    {
        if (IsHealthy)
        {
            return "";
        }

        var problem = Error ?? $"The first list of {Resource} has not arrived yet.";
        return LastContact is { } last
            ? string.Create(CultureInfo.InvariantCulture, $"{problem} Last contact: {last.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}")
            : problem;
    }
}
