using Monitor.Agent.Loading;
using Monitor.Sandbox;
using Monitor.Sandbox.Images;
using Monitor.Sandbox.Rights;
using Monitor.Server;
using Monitor.Server.Settings;

namespace Monitor.Agent.Handover;

/// <summary>
/// Hands the loaded monitors over to a fresh image of this process, whose threads all have only the capabilities that
/// reading needs. See README.md.
/// </summary>
internal static class Handing
{
    /// <summary>Names the description for the reading image: the number of its descriptor.</summary>
    public const string Variable = "NETWORK_MONITOR_HANDOVER";

    // Looked up while loading, and of no use afterwards.
    private static readonly Setting[] ForLoading = [AgentSettings.NetworkNamespace, AgentSettings.Cgroup, AgentSettings.BpfFolder];

    /// <summary>Hands over. Where that works it does not return.</summary>
    /// <param name="outcome">The monitors, at least one of which is loaded, and none reports yet.</param>
    /// <param name="settings">All settings.</param>
    /// <returns>What this image, which goes on, has and why.</returns>
    public static AgentRights Begin(LoadOutcome outcome, SettingValues settings)
    {
        if (settings.Get(AgentSettings.KeepCapabilities))
        {
            return Keep("--keep-capabilities is set");
        }

        SandboxException? failure;
        try
        {
            var image = new FreshImage();
            failure = OwnThread.Run(() => Start(image, outcome, settings));
        }
        catch (SandboxException early)
        {
            failure = early;
        }

        return Keep($"this system does not let the agent give them up ({failure?.Message})");
    }

    private static AgentRights Keep(string reason) =>
        new(ThreadRights.Permitted, default, [$"all capabilities are kept, because {reason}"]);

    private static void Start(FreshImage image, LoadOutcome outcome, SettingValues settings)
    {
        var held = ThreadRights.Permitted;
        int[] ports = [settings.Get(AgentSettings.Shared.Http).Port, settings.Get(AgentSettings.Shared.Grpc).Port];
        var (kept, notes) = RightsToKeep.Find(
            outcome, ports, settings.Files(), settings.TryGet(AgentSettings.OnDemand, out var onDemand) ? onDemand : [],
            settings.TryGet(AgentSettings.MonitorsFolder, out var monitors) ? monitors : null);
        var (files, problem) = FilesToKeep.Prepare(settings);
        using var restriction = files;
        var description = Describe(outcome, settings, held, notes, problem);
        using var message = SealedMessage.Write(HandoverJson.Write(description));
        ThreadRights.GiveUpAllBut(kept);
        image.Start(message, Variable, [.. ReceivedMonitors.Descriptors(description)], restriction);
    }

    private static HandoverDescription Describe(
        LoadOutcome outcome, SettingValues settings, CapabilitySet held, IReadOnlyList<string> notes, string? filesProblem) => new()
        {
            Version = ServerSettings.Version,
            Settings = settings.AsEnvironment()
            .Where(pair => settings.TryGet(AgentSettings.MonitorsFolder, out _)
                || !ForLoading.Any(setting => setting.EnvironmentName == pair.Key))
            .ToDictionary(StringComparer.Ordinal),
            HeldCapabilities = held.Bits,
            RightsNotes = notes,
            FilesProblem = filesProblem,
            Loaded = [.. outcome.Loaded.Select(Describe)],
            Sockets = new HandedSockets(
                outcome.Sockets.Files?.DescriptorNumber, outcome.Sockets.Table?.DescriptorNumber, outcome.Sockets.Note),
            Connections = outcome.Connections is { } connections
                ? new HandedConnections(connections.Entries.DescriptorNumber, connections.Counts.DescriptorNumber)
                : null,
            Failed = outcome.Failed.ToDictionary(failed => failed.Definition.Name, failed => failed.Error),
            Disabled = [.. outcome.Disabled.Select(definition => definition.Name)],
        };

    private static HandedMonitor Describe(LoadedMonitor monitor) => new()
    {
        Name = monitor.Definition.Name,
        Counters = monitor.Maps.Counters.DescriptorNumber,
        Reading = monitor.Maps.Reading.DescriptorNumber,
        Events = monitor.Maps.Events.DescriptorNumber,
        Rings = [.. monitor.Rings.Events.Select(ring => new HandedRing(ring.Cpu, ring.Descriptor))],
        RingBytes = monitor.Rings.RingBytes,
        KernelMemoryBytes = monitor.MemoryBytes - ((long)monitor.Rings.Count * monitor.Rings.RingBytes),
        Hooks = [.. monitor.Hooks.Select(Describe)],
        Notes = monitor.Notes,
        KernelNames = monitor.Definition.KernelNames,
    };

    private static HandedHook Describe(HookState hook) => new(
        hook.Definition.Program, hook.Type, hook.Error, hook.Program?.DescriptorNumber, hook.Link?.DescriptorNumber);
}
