using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Monitor.Agent.Custom;
using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Agent.Reading;
using Monitor.Bpf.Kernel;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Agent.Status;

/// <summary>Describes every monitor to the services, whether it runs, failed or is disabled.</summary>
/// <param name="nodeName">Program.node_name.</param>
/// <param name="pipelines">The monitors that run.</param>
/// <param name="outcome">Which of the others failed, and which are disabled.</param>
/// <param name="rights">What this process may do.</param>
/// <param name="overheadBudget">Percent of the machine's CPU time that all may take; 0: no budget.</param>
internal sealed class AgentPrograms(
    string nodeName, IReadOnlyList<MonitorPipeline> pipelines, LoadOutcome outcome, AgentRights rights, double overheadBudget = 0) :
    IProgramDirectory, IOnDemandPrograms
{
    private readonly ProcessRights _rights = new()
    {
        Capabilities = { rights.Held.Names },
        GivenUp = { rights.GivenUp.Names },
        SystemCallsFiltered = rights.Confinement.FiltersSystemCalls,
        FilesRestricted = rights.Confinement.RestrictsFiles,
        Notes = { rights.AllNotes },
    };

    private volatile string? _readerFailure;

    /// <summary>Says that the thread which reads all monitors has ended.</summary>
    public void ReportReaderFailure(string message) => _readerFailure = message;

    /// <summary>Those that run on demand; set before the server starts.</summary>
    public OnDemandMonitors? OnDemand { get; set; }

    /// <summary>The monitors of the user's own; set before the server starts. Null: there is no folder of them.</summary>
    public CustomMonitors? Custom { get; set; }

    /// <inheritdoc />
    public void Follow(ProgramDemand demand) => OnDemand?.Follow(demand);

    /// <inheritdoc />
    public IReadOnlyCollection<string> OnDemandNames => OnDemand?.Names ?? [];

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<V1.Program>> GetProgramsAsync(CancellationToken ct)
    {
        // Asked once for all hooks: this runs each second, and opening a file is most of what it costs.
        var runsCounted = BpfStatisticsSwitch.IsEnabled;
        var programs = pipelines.Select(pipeline => Describe(pipeline, runsCounted))
            .Concat(outcome.Failed.Select(failed => DescribeMissing(failed.Definition, ProgramStatus.Failed, failed.Error)))
            .Concat(outcome.Disabled.Select(definition => DescribeMissing(definition, ProgramStatus.Disabled, "")))
            .Concat(Custom?.Entries.Select(entry => Describe(entry, runsCounted)) ?? []);
        return new([.. programs.OrderBy(program => program.Name, StringComparer.Ordinal)]);
    }

    private V1.Program Describe(MonitorPipeline pipeline, bool runsCounted)
    {
        var monitor = pipeline.Monitor;
        var program = DescribeDefinition(monitor.Definition);
        program.Hooks.AddRange(monitor.Hooks.Select(hook => DescribeHook(hook, runsCounted)));
        var first = program.Hooks.FirstOrDefault(hook => hook.Status == ProgramStatus.Active) ?? program.Hooks[0];
        program.Type = first.Type;
        program.Hook = first.Name;
        program.Counters = PipelineCounters.Of(pipeline);
        program.Counters.ConnectionsEvicted = monitor.Definition.UsesConnections ? outcome.Connections?.Evicted ?? 0 : 0;
        program.Notes.AddRange(monitor.Notes);
        program.OnDemand = monitor.IsOnDemand;
        program.KernelMemoryBytes = (ulong)monitor.MemoryBytes;
        program.Rights = _rights;
        var broken = program.Hooks.Where(hook => hook.Status == ProgramStatus.Failed)
            .Select(hook => $"{hook.Name}: {hook.Error}").Concat(Unwatched(monitor.Rings.UnwatchedCpus)).Concat(Limited(pipeline)).ToList();
        program.Status = _readerFailure is not null ? ProgramStatus.Failed
            : monitor.IsPaused ? ProgramStatus.Waiting
            : broken.Count > 0 ? ProgramStatus.Degraded
            : ProgramStatus.Active;
        program.Error = _readerFailure ?? string.Join("; ", broken);
        if (runsCounted && program.Counters.Produced > 0)
        {
            var nanos = program.Hooks.Sum(hook => hook.RunStats is { RunTime: { } time } ? time.Seconds * 1e9 + time.Nanos : 0);
            program.RunTimePerEvent = Nanos((long)(nanos / program.Counters.Produced));
        }

        return program;
    }

    private V1.Program Describe(CustomEntry entry, bool runsCounted)
    {
        if (entry.Pipeline is { } pipeline)
        {
            var running = Describe(pipeline, runsCounted);
            running.Counters = PipelineCounters.Sum(running.Counters, entry.Before);
            if (entry.Error.Length > 0 && running.Status == ProgramStatus.Active)
            {
                running.Status = ProgramStatus.Degraded;
                running.Error = $"what is in the folder now is refused, and the version before it runs: {entry.Error}";
            }

            return running;
        }

        // It failed, or was taken out of the folder; what earlier versions counted stays.
        var program = entry.Definition is { } definition ? DescribeDefinition(definition) : new V1.Program { Name = entry.Name, NodeName = nodeName };
        program.Status = entry.Error.Length > 0 ? ProgramStatus.Failed : ProgramStatus.Disabled;
        program.Error = entry.Error;
        program.Counters = entry.Before.Produced == 0 ? null : entry.Before;
        return program;
    }

    private static IEnumerable<string> Unwatched(IReadOnlyList<int> cpus) => cpus.Count == 0 ? [] :
    [
        $"CPU {string.Join(", ", cpus)}: came online after the start, and what happens there is lost: start the agent again, or, " +
        $"where CPUs come and go, with {AgentSettings.KeepCapabilities.OptionName}",
    ];

    private IEnumerable<string> Limited(MonitorPipeline pipeline) => pipeline.BudgetLimit == LoadedMonitor.NoLimit ? [] :
    [
        $"lets {pipeline.BudgetLimit} events per second pass, to stay within {AgentSettings.OverheadBudget.OptionName} " +
        string.Create(CultureInfo.InvariantCulture, $"{overheadBudget}%"),
    ];

    private V1.Program DescribeMissing(MonitorDefinition definition, string status, string error)
    {
        var program = DescribeDefinition(definition);
        program.Status = status;
        program.Error = error;
        program.Hook = definition.Hooks[0].Name;
        return program;
    }

    private V1.Program DescribeDefinition(MonitorDefinition definition) => new()
    {
        Name = definition.Name,
        NodeName = nodeName,
        Description = definition.Description,
        BuiltIn = definition.IsBuiltIn,
        Schema = (definition as CustomMonitor)?.Schema,
    };

    private static Hook DescribeHook(HookState state, bool runsCounted)
    {
        var hook = new Hook
        {
            Name = state.Definition.Name,
            Type = state.Type,
            Status = state.Status,
            Error = state.Error ?? "",
            Note = state.Link is null ? "" : state.Definition.Note,
            MissedRuns = state.Program?.MissedRuns ?? 0,
        };
        if (state.Link is not null && state.Program is { } program && runsCounted)
        {
            var statistics = program.GetStatistics();
            hook.RunStats = new HookRunStats
            {
                RunCount = statistics.RunCount,
                RunTime = Nanos((long)statistics.RunTimeNanoseconds),
            };
        }

        return hook;
    }

    private static Duration Nanos(long nanos) =>
        new() { Seconds = nanos / 1_000_000_000, Nanos = (int)(nanos % 1_000_000_000) };
}
