using Monitor.V1;

namespace Monitor.Events;

/// <summary>One page of flows.</summary>
public sealed class FlowResult
{
    /// <summary>The flows of the page, in order.</summary>
    public required IReadOnlyList<Flow> Flows { get; init; }

    /// <summary>How many there are on all pages.</summary>
    public required int TotalCount { get; init; }

    /// <summary>The sum of those beyond <see cref="FlowQuery.MaxFlows"/>; null where there are none.</summary>
    public required Flow? Other { get; init; }

    /// <summary>How many flows that sum is of, at most 100 000.</summary>
    public required int OtherCount { get; init; }

    /// <summary>Inbound connections that count although their attempt may have been counted too.</summary>
    public required long Uncertain { get; init; }

    /// <summary>Drops that belong to no flow.</summary>
    public required long OtherDrops { get; init; }

    /// <summary>The token for the next page; empty on the last one.</summary>
    public required string NextPageToken { get; init; }

    /// <summary>Time of the oldest stored event, matching or not, in nanoseconds since 1970. Null if none is stored.</summary>
    public required long? OldestTimeUnixNanos { get; init; }

    /// <summary>When the query was answered.</summary>
    public required DateTimeOffset QueryTime { get; init; }

    /// <summary>The filter in its canonical form, with the times that were looked at.</summary>
    public required EventFilter Filter { get; init; }
}
