using Monitor.Events;

namespace Monitor.Server;

/// <summary>Makes a <see cref="StateSnapshot"/>.</summary>
internal sealed class StateReader(
    MonitorServerOptions options,
    HealthReader health,
    StatsReader stats,
    ProgramReader programs,
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
        return new StateSnapshot
        {
            Options = options,
            Health = await health.ReadAsync(cancellationToken),
            Stats = await stats.ReadAsync(cancellationToken),
            Programs = await programs.ReadAsync(cancellationToken),
            Agents = agents.Directory?.GetAgents(),
            Archive = archive.Archive?.Status,
            Log = log.GetStatistics(),
            Streams = subscribers.GetTotals(),
            Network = network,
            Bounded = bounded,
        };
    }
}
