using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitor.Agent.Custom;
using Monitor.Agent.Encoding;
using Monitor.Agent.Handover;
using Monitor.Agent.Kubernetes;
using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Agent.OpenConnections;
using Monitor.Agent.Reading;
using Monitor.Agent.Status;
using Monitor.Bpf;
using Monitor.Events;
using Monitor.History;
using Monitor.Protocol;
using Monitor.Sandbox;
using Monitor.Sandbox.Rights;
using Monitor.Sandbox.SystemCalls;
using Monitor.Server;
using Monitor.Server.Settings;
using Monitor.V1;

namespace Monitor.Agent;

/// <summary>The agent from start to stop: monitors → log → server.</summary>
internal static class Agent
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    // Until what runs every second or two is compiled for good, after 30 calls.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(70);

    /// <summary>Runs until SIGTERM or Ctrl-C.</summary>
    /// <param name="settings">All settings.</param>
    /// <param name="received">The monitors, where another image of this process has loaded them. Null: load them.</param>
    /// <param name="error">Standard error.</param>
    /// <returns>The exit code: 0, or 1 where it cannot do its work.</returns>
    public static async Task<int> RunAsync(SettingValues settings, Received? received, TextWriter error)
    {
        NativeHeap.ReturnLargeBlocks();
        var outcome = received?.Outcome ?? Load(settings);
        var monitors = outcome.Loaded;
        try
        {
            if (monitors.Count == 0 && !settings.TryGet(AgentSettings.MonitorsFolder, out _))
            {
                foreach (var (definition, failure) in outcome.Failed)
                {
                    error.WriteLine($"{AgentSettings.Schema.ProgramName}: program {definition.Name}: {failure}");
                }

                error.WriteLine($"{AgentSettings.Schema.ProgramName}: no program could be loaded; there is nothing to serve.");
                return 1;
            }

            // Does not return where the monitors went to another image of this process, which calls this method again.
            var rights = received?.Rights ?? Handing.Begin(outcome, settings);
            var confinement = Confinement.Begin(
                settings.Get(ServerSettings.Sandbox),
                SystemCallsOf(settings, rights),
                received is null ? "only a fresh image of the process can be, and this is the first" : received.FilesProblem);
            return await ReadAsync(settings, outcome, rights with { Confinement = confinement }, error);
        }
        finally
        {
            foreach (var monitor in monitors)
            {
                monitor.Dispose();
            }

            outcome.Sockets.Dispose();
            outcome.Connections?.Dispose();
        }
    }

    private static async Task<int> ReadAsync(SettingValues settings, LoadOutcome outcome, AgentRights rights, TextWriter error)
    {
        var start = TimeProvider.System.GetUtcNow();
        var options = AgentSettings.Shared.OptionsOf(settings);
        var nodeName = options.NodeName;
        var epoch = BootEpoch.Compute(nodeName, File.Exists(BootIdFile) ? File.ReadAllText(BootIdFile) : "", start);
        using var logging = ServerLogging.CreateFactory(options.LogLevel);
        var logger = logging.CreateLogger("Monitor.Agent");
        IEventHistory? history = null;
        try
        {
            history = settings.TryGet(HistorySettings.Folder, out _) ? OpenHistory(settings, logging) : null;
        }
        catch (HistoryException refused)
        {
            error.WriteLine($"{AgentSettings.Schema.ProgramName}: {refused.Message}");
            return 1;
        }

        using var closing = history;
        using var log = new EventLog(
            new EventLogOptions { RetentionBytes = settings.Get(AgentSettings.Shared.Retention), NodeName = nodeName },
            epoch, TimeProvider.System, history?.Restored);
        GoOn(log, history, nodeName, start);
        if (!Bpf.Kernel.PidNamespace.IsInitial
            && (!settings.Get(AgentSettings.IncludeSelf) || settings.TryGet(AgentSettings.ExcludePid, out _)))
        {
            AgentLog.OwnPidNamespace(logger);
        }

        await using var kubernetes = ServerSettings.UsesKubernetes(settings) ? StartKubernetes(settings, nodeName, logging) : null;
        var clock = new WallClock();
        var destinations = outcome.Loaded.Any(monitor => monitor.Definition is DnsMonitor) ? new DestinationNames() : null;
        var privacy = PrivacyOf(settings);
        var encoder = new EventEncoder(nodeName, epoch, kubernetes?.Names, privacy, destinations);
        var rateLimit = settings.Get(AgentSettings.RateLimit) is > 0 and var limit ? (ulong)limit : LoadedMonitor.NoLimit;
        MonitorPipeline[] pipelines =
            [.. outcome.Loaded.Select(monitor => new MonitorPipeline(monitor, nodeName, log, encoder, clock, rateLimit))];
        var budget = settings.Get(AgentSettings.OverheadBudget);
        var programs = new AgentPrograms(nodeName, pipelines, outcome, rights, budget);
        var wanted = settings.TryGet(AgentSettings.OnDemand, out var names) ? names : [];
        programs.OnDemand = new OnDemandMonitors([.. outcome.Loaded.Where(monitor => wanted.Contains(monitor.Definition.Name))], logger);
        programs.OnDemand.Begin();
        using var reader = new EventReader(pipelines, log, clock, failure =>
        {
            AgentLog.ReaderFailed(logger, failure);
            programs.ReportReaderFailure($"the thread that reads events has ended: {failure.Message}");
        }, logger);
        GiveMemoryBack();
        reader.Start();
        await using var custom = settings.TryGet(AgentSettings.MonitorsFolder, out var folder)
            ? FollowFolder(folder, settings, reader, monitor => new MonitorPipeline(monitor, nodeName, log, encoder, clock, CustomRateLimit(settings)), logger)
            : null;
        if (custom is not null)
        {
            programs.Custom = custom;
            await custom.StartAsync();
        }

        await using var overhead = budget > 0 ? new OverheadWatch(() => reader.Pipelines, budget, logger) : null;
        try
        {
            using var connections = new NodeConnections(
                nodeName,
                outcome.Sockets,
                new ConnectionBuilder(nodeName, kubernetes?.Names, privacy),
                ExclusionsOf(settings),
                TimeProvider.System);
            await using var server = MonitorServer.Build(
                options, log, programs, health: kubernetes is null ? null : kubernetes.Health, connections: connections,
                metrics: custom is null ? null : new CustomMetrics(nodeName, custom, privacy),
                history: history is null ? null : () => history.Status);
            if (!await ServerStart.StartAsync(
                server, error, StartReport.Lines(outcome, rights, custom), "/api/events?limit=10", GiveMemoryBack))
            {
                return 1;
            }

            var shutdown = server.WaitForShutdownAsync();
            if (await Task.WhenAny(shutdown, Task.Delay(WarmUp)) != shutdown)
            {
                GiveMemoryBack();
            }

            await shutdown;
        }
        finally
        {
            if (custom is not null)
            {
                await custom.StopAsync();
            }

            reader.Stop();
        }

        return 0;
    }

    // Behind an end that was no end, the log says that something is missing.
    private static void GoOn(EventLog log, IEventHistory? history, string nodeName, DateTimeOffset start)
    {
        if (history is null)
        {
            return;
        }

        if (!history.EndedCleanly)
        {
            log.AppendLoss(new Loss
            {
                NodeName = nodeName,
                Cause = LossCause.Restarted,
                FirstTime = log.GetStatistics().NewestTimeUnixNanos is { } newest ? UnixNanos.ToTimestamp(newest) : null,
                LastTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(start),
            });
            log.Publish();
        }

        history.Follow(log);
    }

    // A method of its own, so that nothing of it is loaded without a history.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IEventHistory OpenHistory(SettingValues settings, ILoggerFactory logging) => HistoryStart.Open(settings, logging);

    private static SystemCallOptions SystemCallsOf(SettingValues settings, AgentRights rights) => new()
    {
        ReadsPrograms = true,
        LoadsPrograms = rights.Held.Contains(Capability.Perfmon),
        AttachesPrograms = settings.TryGet(AgentSettings.OnDemand, out _) || settings.TryGet(AgentSettings.MonitorsFolder, out _),
        KeepsDatabase = settings.TryGet(HistorySettings.Folder, out _),
        RunsHelpers = settings.TryGet(ServerSettings.Kubeconfig, out var kubeconfig) && RunsCommand(kubeconfig),
    };

    private static CustomMonitors FollowFolder(
        string folder, SettingValues settings, EventReader reader, Func<LoadedMonitor, MonitorPipeline> makePipeline, ILogger logger) => new(
        new MonitorFolder(
            folder,
            settings.TryGet(AgentSettings.MonitorsKey, out var key) ? MonitorKey.Parse(File.ReadAllText(key)) : null,
            TimeProvider.System),
        CustomPolicy.Of(settings),
        name => CustomMonitors.TargetsOf(settings, name),
        () => new MonitorLoader("", FilterOf(settings), useLastResort: false),
        makePipeline,
        reader,
        logger);

    /// <summary>Most events per second of each monitor of the user's own.</summary>
    internal static ulong CustomRateLimit(SettingValues settings)
    {
        var limits = new[] { settings.Get(AgentSettings.RateLimit), settings.Get(AgentSettings.MonitorsRateLimit) }.Where(limit => limit > 0).ToList();
        return limits.Count == 0 ? LoadedMonitor.NoLimit : (ulong)limits.Min();
    }

    // A method of its own, so that outside Kubernetes nothing of it is loaded. The other as well.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool RunsCommand(string kubeconfig) => Monitor.Kubernetes.Watching.Kubeconfig.RunsCommand(kubeconfig);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static NodeKubernetes StartKubernetes(SettingValues settings, string nodeName, ILoggerFactory logging)
    {
        settings.TryGet(ServerSettings.Kubeconfig, out var kubeconfig);
        var kubernetes = new NodeKubernetes(kubeconfig, nodeName, TimeProvider.System, logging);
        kubernetes.Start();
        return kubernetes;
    }

    // First what loading needed, the types of the kernel above all: a quarter of the memory. Then what starting the server
    // needed, and later the compiler. It stops all threads, for 10 to 15 ms in the last two cases: in one go and with the
    // types of the kernel it is 30 ms, more than a ring holds of a storm. Before the start is reported, so that the first
    // events of a storm that follows do not meet it.
    private static void GiveMemoryBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeHeap.Trim();
    }

    private static LoadOutcome Load(SettingValues settings)
    {
        // Written out when this ends: another image of this process would not have what is queued. Making it takes 60 ms.
        using var logging = settings.Get(ServerSettings.LogLevel) <= LogLevel.Debug
            ? ServerLogging.CreateFactory(settings.Get(ServerSettings.LogLevel))
            : null;
        if (logging?.CreateLogger("Monitor.Agent") is { } logger)
        {
            BpfLog.Listener = message => AgentLog.Libbpf(logger, message.Text);
        }

        try
        {
            return Load(settings, FilterOf(settings));
        }
        finally
        {
            BpfLog.Listener = null;
        }
    }

    private static LoadOutcome Load(SettingValues settings, KernelFilter filter)
    {
        var wanted = settings.Get(AgentSettings.Programs).ToHashSet(StringComparer.Ordinal);
        var loader = new MonitorLoader(
            settings.Get(AgentSettings.BpfFolder), filter, settings.Get(AgentSettings.Hooks) == "syscalls");
        var monitors = new List<LoadedMonitor>();
        var failed = new List<FailedMonitor>();
        var disabled = new List<MonitorDefinition>();
        foreach (var definition in MonitorDefinition.All)
        {
            if (!wanted.Contains(definition.Name))
            {
                disabled.Add(definition);
                continue;
            }

            definition.UseSettings(settings);
            try
            {
                monitors.Add(loader.Load(definition));
            }
            catch (MonitorLoadException failure)
            {
                failed.Add(new FailedMonitor(definition, failure.Message));
            }
        }

        return new LoadOutcome(
            monitors,
            failed,
            disabled,
            SocketIterators.Load(settings.Get(AgentSettings.BpfFolder), filter, loader.Connections?.Entries),
            loader.Connections);
    }

    /// <summary>What events leave out.</summary>
    internal static EventPrivacy? PrivacyOf(SettingValues settings)
    {
        var hidesCommands = settings.Get(AgentSettings.HideCommands);
        IReadOnlyList<IPNetwork> networks = settings.TryGet(AgentSettings.MaskAddresses, out var masked) ? masked : [];
        return hidesCommands || networks.Count > 0 ? new EventPrivacy(hidesCommands, networks) : null;
    }

    // What applies outside the kernel too, and is not looked up while loading.
    private static KernelFilter ExclusionsOf(SettingValues settings) => new()
    {
        ExcludedPids = settings.TryGet(AgentSettings.ExcludePid, out var pids) ? [.. pids.Select(pid => (uint)pid)] : [],
        ExcludedPorts = settings.TryGet(AgentSettings.ExcludePort, out var ports) ? [.. ports.Select(port => (ushort)port)] : [],
    };

    /// <summary>What the programs leave out.</summary>
    internal static KernelFilter FilterOf(SettingValues settings) => new()
    {
        NetworkNamespace = settings.TryGet(AgentSettings.NetworkNamespace, out var inode) ? inode : null,
        Cgroup = settings.TryGet(AgentSettings.Cgroup, out var cgroup) ? cgroup : null,
        ExcludedPids = settings.TryGet(AgentSettings.ExcludePid, out var pids) ? [.. pids.Select(pid => (uint)pid)] : [],
        ExcludedPorts = settings.TryGet(AgentSettings.ExcludePort, out var ports) ? [.. ports.Select(port => (ushort)port)] : [],
        // The programs compare with numbers of the initial namespace: in another, the agent's own is somebody else's there.
        ExcludeSelf = !settings.Get(AgentSettings.IncludeSelf) && Bpf.Kernel.PidNamespace.IsInitial,
    };
}
