using static Monitor.Server.MetricKind;

namespace Monitor.Server;

/// <summary>The metrics of the archive. A server without one has none.</summary>
internal static class ArchiveMetrics
{
    public static IReadOnlyList<StateMetric> All { get; } =
    [
        new("monitor_archive_up", Gauge, "1 where events are written to the archive, 0 where it is out of reach or refuses them.", [],
            state => Each(state, archive => archive.Problem is null ? 1 : 0)),
        new("monitor_archive_events_total", Counter, "Events that were written to the archive.", [], state => Each(state, archive => archive.Inserted)),
        new("monitor_archive_waiting_events", Gauge, "Stored events that are still to be written to the archive.", [],
            state => Each(state, archive => archive.Waiting)),
        new("monitor_archive_evicted_events_total", Counter, "Events that left the log before they were written to the archive.", [],
            state => Each(state, archive => archive.Evicted)),
        new("monitor_archive_retries_total", Counter, "Requests to the archive that were made again.", [], state => Each(state, archive => archive.Retries)),
    ];

    private static Sample[] Each(StateSnapshot state, Func<ArchiveStatus, double> value) =>
        state.Archive is { } archive ? [new(value(archive))] : [];
}
