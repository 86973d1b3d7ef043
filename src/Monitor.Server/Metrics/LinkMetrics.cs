using Google.Protobuf.WellKnownTypes;
using Monitor.V1;
using static Monitor.Server.MetricKind;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Server;

/// <summary>The metrics of an aggregator's links. An agent has none.</summary>
internal static class LinkMetrics
{
    private static readonly string[] Labels = ["node"];

    public static IReadOnlyList<StateMetric> All { get; } =
    [
        new("monitor_link_up", Gauge, "1 where events of the agent come in, 0 where they do not.", Labels,
            state => Each(state, agent => agent.State is State.Streaming or State.CatchingUp ? 1 : 0)),
        new("monitor_link_state", Gauge, "1 for the state that a link is in: connecting, catching_up, streaming, backing_off, failed.", [.. Labels, "state"],
            state => Links(state).Select(agent => new Sample(1, NameOf(agent), NameOf(agent.State)))),
        new("monitor_link_lag_seconds", Gauge, "How far the aggregator is behind the agent.", Labels, state => Each(state, agent => Seconds(agent.Lag))),
        new("monitor_link_events_total", Counter, "Events that came over a link.", Labels, state => Each(state, agent => agent.Events)),
        new("monitor_link_missed_events_total", Counter, "Events that the agent had evicted before they came over.", Labels, state => Each(state, agent => agent.Missed)),
        new("monitor_link_losses_total", Counter, "Events that are missing from an agent, by cause.", [.. Labels, "cause"],
            state => Links(state).SelectMany(agent => agent.Losses.Select(loss => new Sample(loss.Count, NameOf(agent), StateMetrics.NameOf(loss.Cause))))),
        new("monitor_link_reconnects_total", Counter, "How often a link was made again.", Labels, state => Each(state, agent => agent.Reconnects)),
        new("monitor_link_restarts_total", Counter, "How often the agent had started again.", Labels, state => Each(state, agent => agent.Restarts)),
        new("monitor_link_clock_offset_seconds", Gauge, "How far the agent's clock is ahead of the aggregator's.", Labels,
            state => Each(state, agent => agent.HasClockOffsetSeconds ? agent.ClockOffsetSeconds : Seconds(agent.ClockOffset))),
        new("monitor_link_clock_uncertainty_seconds", Gauge, "How far that may be wrong.", Labels, state => Each(state, agent => Seconds(agent.ClockUncertainty))),
        new("monitor_link_last_heard_timestamp_seconds", Gauge, "When something came over the link last.", Labels,
            state => Each(state, agent => agent.LastHeardTime is { } time ? time.Seconds + time.Nanos / 1e9 : null)),
    ];

    // An agent that is found under two addresses has one link.
    private static IEnumerable<Agent> Links(StateSnapshot state) =>
        (state.Agents ?? []).Where(agent => agent.State is not (State.Duplicate or State.Gone)).DistinctBy(NameOf);

    private static IEnumerable<Sample> Each(StateSnapshot state, Func<Agent, double?> value) =>
        Links(state).Where(agent => value(agent) is not null).Select(agent => new Sample(value(agent)!.Value, NameOf(agent)));

    // The name is known once it was reached.
    private static string NameOf(Agent agent) => agent.NodeName.Length > 0 ? agent.NodeName : agent.Address;

    private static string NameOf(State state) => state switch
    {
        State.Connecting => "connecting",
        State.CatchingUp => "catching_up",
        State.Streaming => "streaming",
        State.BackingOff => "backing_off",
        State.Failed => "failed",
        _ => "unspecified",
    };

    private static double? Seconds(Duration? duration) => duration is null ? null : duration.Seconds + duration.Nanos / 1e9;
}
