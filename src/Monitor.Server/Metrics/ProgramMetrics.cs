using Monitor.V1;
using static Monitor.Server.MetricKind;

namespace Monitor.Server;

/// <summary>The metrics of the BPF programs. The balance of each: produced = all fates together + in flight. State and cost are
/// those of an agent alone: an aggregator of many nodes would repeat what each of them says.</summary>
internal static class ProgramMetrics
{
    private static readonly string[] Labels = ["node", "program"];

    public static IReadOnlyList<StateMetric> All { get; } =
    [
        new("monitor_program_produced_events_total", Counter, "Events that a program came upon in the kernel.", Labels,
            state => Each(state, counters => counters.Produced)),
        new("monitor_program_events_total", Counter, "What became of them: stored, filtered, rate_limited, lost in the rings, undecodable.", [.. Labels, "fate"],
            state => Counted(state).SelectMany(program => Fates(program.Counters)
                .Select(fate => new Sample(fate.Count, program.NodeName, program.Name, fate.Name)))),
        new("monitor_program_in_flight_events", Gauge, "Events between the kernel's counter and the log.", Labels,
            state => Each(state, counters => counters.InFlight)),
        new("monitor_program_evicted_connections_total", Counter, "Connections that a program forgot for want of room in its table.", Labels,
            state => Each(state, counters => counters.ConnectionsEvicted)),
        new("monitor_program_status", Gauge, "1 for the state that a program is in: active, waiting, degraded, failed, disabled.", [.. Labels, "status"],
            state => Own(state).Select(program => new Sample(1, program.NodeName, program.Name, program.Status))),
        new("monitor_program_kernel_memory_bytes", Gauge, "Memory of a program's maps and rings in the kernel.", Labels,
            state => Own(state).Select(program => new Sample(program.KernelMemoryBytes, program.NodeName, program.Name))),
        new("monitor_hook_runs_total", Counter, "Runs of a hook, while the kernel's statistics of BPF are switched on.", [.. Labels, "hook"],
            state => Hooks(state, hook => hook.RunStats?.RunCount)),
        new("monitor_hook_run_seconds_total", Counter, "Time that the runs took, as above.", [.. Labels, "hook"],
            state => Hooks(state, hook => hook.RunStats?.RunTime is { } time ? time.Seconds + time.Nanos / 1e9 : null)),
        new("monitor_hook_missed_runs_total", Counter, "Runs that the kernel left out because the program ran already.", [.. Labels, "hook"],
            state => Hooks(state, hook => hook.MissedRuns)),
    ];

    private static IEnumerable<Program> Counted(StateSnapshot state) => state.Programs.Where(program => program.Counters is not null);

    private static IEnumerable<Program> Own(StateSnapshot state) => state.Agents is null ? state.Programs : [];

    private static IEnumerable<Sample> Each(StateSnapshot state, Func<ProgramCounters, double> value) =>
        Counted(state).Select(program => new Sample(value(program.Counters), program.NodeName, program.Name));

    private static IEnumerable<Sample> Hooks(StateSnapshot state, Func<Hook, double?> value) =>
        from program in Own(state)
        from hook in program.Hooks
        where value(hook) is not null
        select new Sample(value(hook)!.Value, program.NodeName, program.Name, hook.Name);

    private static (string Name, double Count)[] Fates(ProgramCounters counters) =>
    [
        ("stored", counters.Stored), ("filtered", counters.Filtered), ("rate_limited", counters.RateLimited),
        ("lost", counters.Lost), ("undecodable", counters.Undecodable),
    ];
}
