using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

/// <summary>How an agent is, and when it said so.</summary>
/// <param name="Health">What it said.</param>
/// <param name="Asked">When it was asked, by the clock here.</param>
/// <param name="RoundTrip">How long it then took until the answer was here.</param>
internal readonly record struct HealthAnswer(GetHealthResponse Health, DateTimeOffset Asked, TimeSpan RoundTrip)
{
    /// <summary>The agent's clock, some time in between; null where it gives no valid time.</summary>
    public DateTimeOffset? Time => Health.Time is { } time && UnixNanos.From(time) is { } nanos
        ? DateTimeOffset.UnixEpoch.AddTicks(nanos / TimeSpan.NanosecondsPerTick)
        : null;
}
