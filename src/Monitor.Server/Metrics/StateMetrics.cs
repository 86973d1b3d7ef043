using Monitor.V1;
using static Monitor.Server.MetricKind;

namespace Monitor.Server;

/// <summary>The metrics of the server itself. To have one more, add a line here.</summary>
internal static class StateMetrics
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<StateMetric> All { get; } =
    [
        new("monitor_build_info", Gauge, "Always 1: the version that runs.", ["component", "version"],
            state => [new(1, state.Options.Component, state.Options.Version)]),
        new("monitor_health_status", Gauge, "1 for the state that the whole is in, 0 for the others.", ["status"],
            state => new[] { HealthReader.Healthy, HealthReader.Degraded, HealthReader.Unhealthy }
                .Select(status => new Sample(state.Health.Status == status ? 1 : 0, status))),

        new("monitor_log_bytes", Gauge, "Memory of the stored events.", [], state => [new(state.Log.Bytes)]),
        new("monitor_log_capacity_bytes", Gauge, "Most memory for stored events.", [], state => [new(state.Log.CapacityBytes)]),
        new("monitor_log_stored_events", Gauge, "Events in the log now.", [], state => [new(state.Log.Stored)]),
        new("monitor_log_events_total", Counter, "Events that were stored, by type.", ["type"],
            state => state.Log.Types.Select(type => new Sample(type.Events, type.Type.Length > 0 ? type.Type : Events.SeriesFamily.OtherValue))),
        new("monitor_log_evicted_events_total", Counter, "Stored events that left to make room.", [], state => [new(state.Log.Evicted)]),
        new("monitor_log_refused_events_total", Counter, "Events that were too large to be stored.", [], state => [new(state.Log.Refused)]),
        new("monitor_log_losses_total", Counter, "Events that are missing in the log, by cause.", ["cause"],
            state => state.Log.Losses.Select(loss => new Sample(loss.Events, NameOf(loss.Cause)))),
        new("monitor_log_oldest_event_timestamp_seconds", Gauge, "Time of the oldest stored event.", [],
            state => state.Log.OldestTimeUnixNanos is { } oldest ? [new(oldest / 1e9)] : []),

        new("monitor_history_bytes", Gauge, "Bytes of the history on disk.", [],
            state => state.Stats.History is { } history ? [new(history.Bytes)] : []),
        new("monitor_history_capacity_bytes", Gauge, "Most bytes of the history on disk.", [],
            state => state.Stats.History is { } history ? [new(history.CapacityBytes)] : []),
        new("monitor_history_stored_events_total", Counter, "Events of this run that were stored in the history.", [],
            state => state.Stats.History is { } history ? [new(history.Stored)] : []),
        new("monitor_history_missed_events_total", Counter, "Events of this run that left memory before they could be stored in the history.", [],
            state => state.Stats.History is { } history ? [new(history.Missed)] : []),
        new("monitor_history_oldest_event_timestamp_seconds", Gauge, "Time of the oldest event in the history.", [],
            state => state.Stats.History?.OldestTime is { } oldest ? [new(oldest.Seconds + oldest.Nanos / 1e9)] : []),
        new("monitor_history_stored_until_timestamp_seconds", Gauge, "When everything that was in the log was in the history last.", [],
            state => state.Stats.History?.StoredUntil is { } until ? [new(until.Seconds + until.Nanos / 1e9)] : []),

        new("monitor_streams", Gauge, "Streams that are open.", [], state => [new(state.Streams.Open)]),
        new("monitor_stream_stored_events_total", Counter, "Events that were stored while a stream was open, for each stream.", [],
            state => [new(state.Streams.Stored)]),
        new("monitor_stream_events_total", Counter, "What became of them: delivered, filtered, evicted before delivery, unread when the stream ended.", ["fate"],
            state =>
            [
                new(state.Streams.Delivered, "delivered"), new(state.Streams.Filtered, "filtered"),
                new(state.Streams.Evicted, "evicted"), new(state.Streams.Unread, "unread"),
            ]),
        new("monitor_stream_ahead_events", Gauge, "Stored events that open streams have yet to read, together.", [], state => [new(state.Streams.Ahead)]),

        new("monitor_network_counted_events_total", Counter, "Stored events that the metrics of the network counted.", [], state => [new(state.Network.Counted)]),
        new("monitor_network_missed_events_total", Counter, "Stored events that left the log before the metrics of the network counted them.", [],
            state => [new(state.Network.Missed)]),
        new("monitor_metric_series", Gauge, "Sets of labels of a metric that is bounded.", ["metric"],
            state => state.Bounded.Select(metric => new Sample(metric.Series, metric.Name))),
        new("monitor_metric_folded_total", Counter, "What a metric counted under the label value other, for want of room.", ["metric"],
            state => state.Bounded.Select(metric => new Sample(metric.Folded, metric.Name))),

        new("monitor_own_metric_unread_series", Gauge, "Series that a monitor of the user's own counts beyond those that are read.", ["node", "monitor", "metric"],
            state => state.Own.Select(own => new Sample(own.Family.MoreSeries, own.Family.NodeName, own.Monitor, own.Family.Name))),
        new("monitor_refusals_total", Counter, "Requests and connections that met a limit, by limit.", ["limit"], state => Refusals(state.Stats.Refusals)),
        new("monitor_access_refusals_total", Counter, "Requests and connections that were refused for their credential.", ["reason"],
            state => state.Stats.Access is not { } access ? [] :
            [
                new(access.Unauthenticated, "unauthenticated"), new(access.Forbidden, "forbidden"),
                new(access.Throttled, "throttled"), new(access.CertificatesRefused, "certificate"),
            ]),
        new("dotnet_gc_pause_seconds_total", Counter, "Time in which the garbage collector stopped all threads.", [],
            _ => [new(GC.GetTotalPauseDuration().TotalSeconds)]),
        .. ProgramMetrics.All,
        .. LinkMetrics.All,
        .. ArchiveMetrics.All,
    ];

    /// <summary>ring_full of LOSS_CAUSE_RING_FULL.</summary>
    public static string NameOf(LossCause cause) => cause switch
    {
        LossCause.RingFull => "ring_full",
        LossCause.RateLimited => "rate_limited",
        LossCause.Undecodable => "undecodable",
        LossCause.Evicted => "evicted",
        LossCause.Restarted => "restarted",
        _ => "unspecified",
    };

    private static Sample[] Refusals(RefusalStats refusals) =>
    [
        new(refusals.Connections, "connections"), new(refusals.ConnectionsOfClient, "connections_of_client"),
        new(refusals.Streams, "streams"), new(refusals.Requests, "requests"), new(refusals.Floods, "floods"),
        new(refusals.Timeouts, "timeouts"), new(refusals.TooLarge, "too_large"), new(refusals.TooSlow, "too_slow"),
        new(refusals.Malformed, "malformed"),
    ];
}
