using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Counts for GetStats, as of one moment as nearly as counters that move can be.</summary>
internal sealed class StatsReader(
    EventLog log,
    ProgramReader programs,
    AgentsReader agents,
    RateSampler rates,
    Subscribers subscribers,
    Refusals refusals,
    LimitCounters limits,
    HistoryReader history,
    MonitorServerOptions options)
{
    public async Task<GetStatsResponse> ReadAsync(CancellationToken cancellationToken)
    {
        var types = await programs.ReadAsync(cancellationToken);
        var statistics = log.GetStatistics();
        var response = new GetStatsResponse
        {
            TotalEvents = (ulong)statistics.Appended,
            EventsPerSecond = rates.TotalRate,
            Agents = agents.Count(),
            Access = options.Access.RequiresReaders ? AccessStats() : null,
            Refusals = limits.GetStats(),
            History = history.Stats(),
            Log = new LogStats
            {
                Bytes = (ulong)statistics.Bytes,
                CapacityBytes = (ulong)statistics.CapacityBytes,
                Events = (ulong)statistics.Stored,
                Evicted = (ulong)statistics.Evicted,
                OldestTime = statistics.OldestTimeUnixNanos is { } oldest ? UnixNanos.ToTimestamp(oldest) : null,
                NewestTime = statistics.NewestTimeUnixNanos is { } newest ? UnixNanos.ToTimestamp(newest) : null,
                Epoch = BootEpoch.Format(statistics.Epoch),
            },
        };
        response.Types_.AddRange(types.Where(program => program.Counters is not null).Select(program => new TypeStats
        {
            NodeName = program.NodeName,
            Type = program.Name,
            Counters = program.Counters,
        }));
        response.Subscribers.AddRange(subscribers.All.Select(subscriber => subscriber.GetStats()));
        return response;
    }

    private AccessStats AccessStats() => new()
    {
        Unauthenticated = (ulong)refusals.Unauthenticated,
        Forbidden = (ulong)refusals.Forbidden,
        Throttled = (ulong)refusals.Throttled,
        CertificatesRefused = (ulong)refusals.Certificates,
    };
}
