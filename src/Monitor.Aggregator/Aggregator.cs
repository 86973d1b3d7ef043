using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Discovery;
using Monitor.Aggregator.Kubernetes;
using Monitor.Aggregator.Links;
using Monitor.Events;
using Monitor.History;
using Monitor.Protocol;
using Monitor.Sandbox;
using Monitor.Sandbox.SystemCalls;
using Monitor.Server;
using Monitor.Server.Settings;

namespace Monitor.Aggregator;

/// <summary>The aggregator from start to stop: discovery → links → log → server.</summary>
internal static class Aggregator
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>Runs until SIGTERM or Ctrl-C.</summary>
    /// <param name="settings">All settings.</param>
    /// <param name="isFresh">Whether this is the image whose files are restricted.</param>
    /// <param name="error">Standard error.</param>
    /// <returns>The exit code: 0, or 1 where it cannot do its work.</returns>
    public static async Task<int> RunAsync(SettingValues settings, bool isFresh, TextWriter error)
    {
        // Does not return where it starts this program again. Before anything of others is read.
        var filesProblem = isFresh ? null : FreshStart.Begin(settings);
        var confinement = Confinement.Begin(
            settings.Get(ServerSettings.Sandbox),
            new SystemCallOptions
            {
                KeepsDatabase = settings.TryGet(HistorySettings.Folder, out _),
                RunsHelpers = settings.TryGet(ServerSettings.Kubeconfig, out var kubeconfig) && AggregatorKubernetes.RunsCommand(kubeconfig),
            },
            filesProblem);
        var time = TimeProvider.System;
        var options = AggregatorSettings.Shared.OptionsOf(settings);
        using var logging = ServerLogging.CreateFactory(options.LogLevel);
        IEventHistory? history = null;
        try
        {
            history = settings.TryGet(HistorySettings.Folder, out _) ? OpenHistory(settings, logging) : null;
        }
        catch (HistoryException refused)
        {
            error.WriteLine($"{AggregatorSettings.Schema.ProgramName}: {refused.Message}");
            return 1;
        }

        using var closing = history;
        using var log = new EventLog(
            new EventLogOptions { RetentionBytes = settings.Get(AggregatorSettings.Shared.Retention), TracksOrigins = true },
            Epoch(time), time, history?.Restored);
        // They have their numbers before an agent names others, for which there might be no room later.
        foreach (var field in V1.Event.Descriptor.Oneofs[0].Fields.Where(field => field.FieldNumber != V1.Event.CustomFieldNumber))
        {
            log.Types.GetOrAdd(field.Name);
        }

        history?.Follow(log);
        var discoveries = AggregatorSettings.Discoveries(settings, time, logging);
        await using var peers = ServerSettings.UsesKubernetes(settings)
            ? AggregatorKubernetes.WatchPeers(settings, time, logging)
            : null;
        using var tls = options.Access.HasTls ? new TlsIdentity(options.Access, time, logging.CreateLogger("Monitor.Server.Access")) : null;
        var fleet = new AgentFleet(discoveries, log, time, logging, peers?.Names, LinksOf(settings, tls), history?.Restored);
        using var archive = ArchiveSettings.Open(settings, log, time, logging);
        await using var server = MonitorServer.Build(
            options, log, fleet, logging, fleet, () => [.. peers?.Health() ?? [], .. archive is null ? [] : new[] { archive.Health }],
            peers?.Reviewer, tls, fleet, fleet, archive, history is null ? null : () => history.Status);
        if (!await ServerStart.StartAsync(server, error, Report(settings, discoveries, confinement), "/api/agents"))
        {
            return 1;
        }

        var archiving = archive?.RunAsync(server.Lifetime.ApplicationStopping) ?? Task.CompletedTask;
        // The links end while the server does: both must end within 2 s.
        var links = fleet.RunAsync(server.Lifetime.ApplicationStopping);
        var shutdown = server.WaitForShutdownAsync();
        var first = await Task.WhenAny(shutdown, links);
        if (first == links && !server.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            AggregatorLog.FleetEnded(logging.CreateLogger("Monitor.Aggregator"), links.Exception?.InnerException);
            server.Lifetime.StopApplication();
            await shutdown;
            await archiving;
            return 1;
        }

        await shutdown;
        await links.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await archiving;
        return 0;
    }

    // A method of its own, so that nothing of it is loaded without a history.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IEventHistory OpenHistory(SettingValues settings, ILoggerFactory logging) => HistoryStart.Open(settings, logging);

    private static LinkOptions LinksOf(SettingValues settings, TlsIdentity? tls) => new()
    {
        Tls = tls is { HasAuthority: true } ? tls : null,
        AgentName = settings.Get(ServerSettings.AgentName),
        AllowsClearText = settings.Get(ServerSettings.Insecure),
    };

    private static IEnumerable<string> Report(
        SettingValues settings, IReadOnlyList<IAgentDiscovery> discoveries, Confinement confinement)
    {
        foreach (var discovery in discoveries)
        {
            yield return $"agents: {discovery.Description}";
        }

        if (settings.TryGet(HistorySettings.Folder, out var folder))
        {
            yield return $"history: {folder}";
        }

        yield return settings.TryGet(ServerSettings.TlsAuthority, out _)
            ? $"links: TLS, to agents whose certificate is of '{settings.Get(ServerSettings.AgentName)}'"
            : settings.Get(ServerSettings.Insecure) ? "links: INSECURE, events cross the network in clear text" : "links: clear text, to this machine only";
        if (settings.TryGet(ArchiveSettings.Server, out var archive))
        {
            yield return $"archive: {archive}";
        }

        yield return $"rights: {confinement.Describe()}";
        foreach (var note in confinement.Notes)
        {
            yield return $"  note: {note}";
        }
    }

    // Not the host's name alone: an agent on this host may have that name and so the same epoch.
    private static ulong Epoch(TimeProvider time) => BootEpoch.Compute(
        $"aggregator on {Environment.MachineName}",
        File.Exists(BootIdFile) ? File.ReadAllText(BootIdFile) : "",
        time.GetUtcNow());
}
