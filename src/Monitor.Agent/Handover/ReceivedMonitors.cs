using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Agent.OpenConnections;
using Monitor.Bpf;
using Monitor.Bpf.Attaching;
using Monitor.Bpf.Rings;

namespace Monitor.Agent.Handover;

/// <summary>Makes monitors again of what a <see cref="HandoverDescription"/> says. The kernel says whether it is true.</summary>
internal static class ReceivedMonitors
{
    // What no kernel memory, name or list exceeds: a description has at most 1 MiB.
    private const int LeastRingBytes = 4096, MostRingBytes = 1 << 30, MostCpus = 8192;

    /// <summary>Takes over all that it names.</summary>
    /// <exception cref="HandoverException">It does not fit the monitors of this program, or the kernel's objects.</exception>
    public static LoadOutcome Take(HandoverDescription description)
    {
        CheckDescriptors(description);
        CheckNames(description);
        var loaded = new List<LoadedMonitor>();
        SocketIterators sockets;
        ConnectionTable? connections;
        try
        {
            foreach (var monitor in description.Loaded)
            {
                loaded.Add(Take(monitor));
            }

            sockets = Take(description.Sockets);
            connections = Take(description.Connections);
        }
        catch (Exception failure) when (failure is BpfException or ArgumentException)
        {
            loaded.ForEach(monitor => monitor.Dispose());
            throw new HandoverException(failure.Message, failure);
        }

        return new LoadOutcome(
            loaded,
            [.. description.Failed.Select(failed => new FailedMonitor(Definition(failed.Key), failed.Value))],
            [.. description.Disabled.Select(Definition)],
            sockets,
            connections);
    }

    private static LoadedMonitor Take(HandedMonitor handed)
    {
        var definition = Definition(handed.Name);
        if (!handed.Hooks.Select(hook => hook.Program).SequenceEqual(definition.Hooks.Select(hook => hook.Program)))
        {
            throw new HandoverException($"{handed.Name} has other hooks");
        }

        if (handed.RingBytes is < LeastRingBytes or > MostRingBytes || handed.KernelMemoryBytes < 0 || handed.Rings.Count > MostCpus)
        {
            throw new HandoverException($"{handed.Name} has sizes out of range");
        }

        definition.UseKernelNames(handed.KernelNames);
        var maps = new MonitorMaps(
            BpfMap.Inherit(handed.Counters, "counters"),
            BpfMap.Inherit(handed.Reading, "reading"),
            BpfMap.Inherit(handed.Events, "events"));
        var rings = PerfRingSet.Resume(
            maps.Events,
            MonitorRings.Options(handed.RingBytes),
            [.. handed.Rings.Select(ring => new PerfEvent(ring.Cpu, ring.Descriptor))]);
        var hooks = definition.Hooks.Zip(handed.Hooks, Take).ToList();
        return new LoadedMonitor(definition, maps, rings, hooks, handed.Notes, () => handed.KernelMemoryBytes);
    }

    private static HookState Take(HookDefinition definition, HandedHook handed) => new(definition)
    {
        Type = handed.Type,
        Error = handed.Error,
        Program = handed.Loaded is { } loaded ? LoadedProgram.Inherit(loaded, handed.Program) : null,
        Link = handed.Link is { } link ? BpfLink.Inherit(link, handed.Program) : null,
    };

    private static SocketIterators Take(HandedSockets handed) => new(
        handed.Files is { } files ? BpfLink.Inherit(files, SocketIterators.FilesProgram) : null,
        handed.Table is { } table ? BpfLink.Inherit(table, SocketIterators.TableProgram) : null,
        handed.Note);

    private static ConnectionTable? Take(HandedConnections? handed) => handed is null ? null : new ConnectionTable(
        BpfMap.Inherit(handed.Entries, ConnectionTable.EntriesName), BpfMap.Inherit(handed.Counts, ConnectionTable.CountsName));

    private static MonitorDefinition Definition(string name) =>
        MonitorDefinition.All.FirstOrDefault(definition => definition.Name == name)
        ?? throw new HandoverException($"there is no monitor '{name}'");

    // Each monitor once: loaded, failed or left out. None is loaded where only the folder of the user's own is left.
    private static void CheckNames(HandoverDescription description)
    {
        var names = description.Loaded.Select(monitor => monitor.Name).Concat(description.Failed.Keys).Concat(description.Disabled);
        if (!names.Order(StringComparer.Ordinal).SequenceEqual(MonitorDefinition.All.Select(definition => definition.Name)))
        {
            throw new HandoverException("it does not name each monitor of this program once");
        }
    }

    // Each descriptor once: two owners would close it twice.
    private static void CheckDescriptors(HandoverDescription description)
    {
        var descriptors = Descriptors(description).ToList();
        if (descriptors.Any(descriptor => descriptor <= 2) || descriptors.Distinct().Count() != descriptors.Count)
        {
            throw new HandoverException("it names a descriptor twice, or a standard stream");
        }
    }

    /// <summary>All that it names.</summary>
    public static IEnumerable<int> Descriptors(HandoverDescription description) =>
        description.Loaded.SelectMany(Descriptors).Concat(description.Sockets.Descriptors)
            .Concat(description.Connections?.Descriptors ?? []);

    private static IEnumerable<int> Descriptors(HandedMonitor monitor) =>
        monitor.Hooks.SelectMany(hook => new[] { hook.Loaded, hook.Link }).OfType<int>()
            .Concat(monitor.Rings.Select(ring => ring.Descriptor))
            .Concat([monitor.Counters, monitor.Reading, monitor.Events]);
}
