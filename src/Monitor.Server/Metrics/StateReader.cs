using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Makes a <see cref="StateSnapshot"/>.</summary>
internal sealed class StateReader(
    MonitorServerOptions options,
    HealthReader health,
    StatsReader stats,
    ProgramReader programs,
    MetricSource own,
    AgentsReader agents,
    ArchiveSource archive,
    Subscribers subscribers,
    EventLog log,
    NetworkCounts network,
    RequestMeter requests)
{
    public async Task<StateSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        var bounded = new List<(string, int, long)>();
        void Note(IReadOnlyList<SeriesFamily> families) =>
            bounded.AddRange(families.Select(family => (family.Name, family.Series.Count, family.Folded)));
        network.Read(Note);
        requests.Read(Note);
        var all = await programs.ReadAsync(cancellationToken);
        return new StateSnapshot
        {
            Options = options,
            Health = await health.ReadAsync(cancellationToken),
            Stats = await stats.ReadAsync(cancellationToken),
            Programs = all,
            Own = agents.Directory is null ? await ReadOwnAsync(all, cancellationToken) : [],
            Agents = agents.Directory?.GetAgents(),
            Archive = archive.Archive?.Status,
            Log = log.GetStatistics(),
            Streams = subscribers.GetTotals(),
            Network = network,
            Bounded = bounded,
        };
    }

    private async Task<List<(string, MetricFamily)>> ReadOwnAsync(IReadOnlyList<Program> all, CancellationToken cancellationToken)
    {
        var families = new List<(string, MetricFamily)>();
        foreach (var monitor in all.Where(program => program.Schema?.Metrics.Count > 0))
        {
            if (await own.ReadAsync(monitor.Name, [], cancellationToken) is { } read)
            {
                families.AddRange(read.Metrics.Select(family => (monitor.Name, family)));
            }
        }

        return families;
    }
}
