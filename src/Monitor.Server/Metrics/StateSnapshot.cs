using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>What metrics of the state are read from, as of one moment: what /api/stats, /api/programs, /api/agents and /health
/// answer, so that the numbers are the same everywhere.</summary>
internal sealed record StateSnapshot
{
    public required MonitorServerOptions Options { get; init; }

    public required GetHealthResponse Health { get; init; }

    public required GetStatsResponse Stats { get; init; }

    public required IReadOnlyList<Program> Programs { get; init; }

    /// <summary>Null on an agent.</summary>
    public required IReadOnlyList<Agent>? Agents { get; init; }

    /// <summary>Null on a server without one.</summary>
    public required ArchiveStatus? Archive { get; init; }

    public required LogStatistics Log { get; init; }

    public required StreamTotals Streams { get; init; }

    public required NetworkCounts Network { get; init; }

    /// <summary>What the user's own monitors count, with the name of the monitor. Empty on an aggregator.</summary>
    public required IReadOnlyList<(string Monitor, MetricFamily Family)> Own { get; init; }

    /// <summary>The bounded metrics, with how many series each has.</summary>
    public required IReadOnlyList<(string Name, int Series, long Folded)> Bounded { get; init; }
}
