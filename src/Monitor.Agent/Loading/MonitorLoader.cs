using Monitor.Agent.Monitors;
using Monitor.Bpf;
using Monitor.Bpf.Attaching;
using Monitor.Bpf.Btf;
using Monitor.Bpf.Kernel;
using Monitor.Bpf.Rings;

namespace Monitor.Agent.Loading;

/// <summary>
/// Brings monitors into the kernel. What a kernel can do is found out by trying: a hook that it refuses is left out
/// where it is optional, and replaced by the last resort where it is preferred.
/// </summary>
/// <param name="folder">Where the compiled objects are.</param>
/// <param name="filter">What the programs leave out.</param>
/// <param name="useLastResort">Take the hooks of the last resort even where the preferred ones work.</param>
/// <param name="connections">How many connections the monitors of TCP keep at most. Null: as many as the objects say.</param>
internal sealed class MonitorLoader(string folder, KernelFilter filter, bool useLastResort, uint? connections = null)
{
    // bpf_ktime_get_boot_ns of enum bpf_func_id; since 5.8.
    private const int BootClockHelper = 125;

    // Per second and CPU; not a divisor of what other timers have, with which it would run in step.
    private const int ClockFrequency = 49;

    private readonly KernelBtf? _kernel = KernelBtf.TryOpen();
    private readonly CgroupMount? _cgroup = CgroupMount.Find();
    private readonly SharedMaps _shared = new(connections);

    /// <summary>Loads and attaches a monitor.</summary>
    /// <exception cref="MonitorLoadException">It cannot run on this machine, or its object is not what it should be.</exception>
    public LoadedMonitor Load(MonitorDefinition definition)
    {
        var refused = new Dictionary<string, string>();
        var lastResort = useLastResort;
        while (true)
        {
            var bpf = Open(definition);
            try
            {
                var hooks = Select(definition, bpf, refused, ref lastResort);
                var withLastResort = lastResort;
                Guarded(definition, () => Configure(definition, bpf, withLastResort));
                if (definition.IsBuiltIn)
                {
                    _shared.Use(bpf, definition.OnlyAsksForConnections);
                }

                bpf.Load();
                FillMaps(bpf);
                return Attach(definition, bpf, hooks);
            }
            catch (BpfException failure) when (CanDoWithout(definition, failure, ref lastResort, refused))
            {
                bpf.Dispose();
            }
            catch (BpfException failure)
            {
                bpf.Dispose();
                // Why the last resort was needed is the nearer cause: a capability that is missing, where tracefs is too.
                var first = definition.Hooks.Where(hook => hook.Role == HookRole.Preferred)
                    .Select(hook => refused.GetValueOrDefault(hook.Program)).FirstOrDefault(message => message is not null);
                throw new MonitorLoadException(first is null ? failure.Message : $"{first} Without it: {failure.Message}", failure);
            }
            catch
            {
                bpf.Dispose();
                throw;
            }
        }
    }

    /// <summary>What the monitors of TCP that are loaded know of established connections; null where none is.</summary>
    public ConnectionTable? Connections => _shared.Connections;

    private BpfObject Open(MonitorDefinition definition)
    {
        if (_kernel is null)
        {
            throw new MonitorLoadException(
                "this kernel has no type information (/sys/kernel/btf/vmlinux), which the program needs to find the " +
                "kernel's fields; use a kernel built with CONFIG_DEBUG_INFO_BTF");
        }

        var bpf = Guarded(() => definition.Open(folder));
        try
        {
            var differences = Guarded(() => definition.LayoutDifferences(bpf));
            var shared = Guarded(() => SharedMaps.LayoutDifferences(bpf));
            if (differences.Count + shared.Count > 0)
            {
                throw new MonitorLoadException(
                    $"{definition.Name}.bpf.o is from another version: {string.Join("; ", differences.Concat(shared).Take(3))}; rebuild it");
            }
        }
        catch
        {
            bpf.Dispose();
            throw;
        }

        return bpf;
    }

    // A user's own object may have variables of the knobs' names that are something else.
    private static void Guarded(MonitorDefinition definition, Action configure)
    {
        try
        {
            configure();
        }
        catch (Exception failure) when (!definition.IsBuiltIn && failure is KeyNotFoundException or ArgumentException or InvalidOperationException)
        {
            throw new MonitorLoadException($"it is not of this version's monitor.h: {failure.Message}", failure);
        }
    }

    private static T Guarded<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (BpfException failure)
        {
            throw new MonitorLoadException(failure.Message, failure);
        }
    }

    private List<SelectedHook> Select(
        MonitorDefinition definition, BpfObject bpf, Dictionary<string, string> refused, ref bool lastResort)
    {
        var needsCgroup = definition.Hooks.Any(hook => hook is { Attach: HookAttach.Cgroup, Role: HookRole.Preferred });
        var hasLastResort = definition.Hooks.Any(hook => hook.Role == HookRole.LastResort);
        lastResort = hasLastResort && (lastResort || (needsCgroup && _cgroup is null));
        var hooks = new List<SelectedHook>();
        foreach (var hook in definition.Hooks)
        {
            var program = bpf.Programs.FirstOrDefault(candidate => candidate.Name == hook.Program) ??
                throw new MonitorLoadException($"{definition.Name}.bpf.o has no program '{hook.Program}'; rebuild it");
            var wanted = hook.Role switch
            {
                HookRole.Required => true,
                HookRole.LastResort => lastResort,
                // Walking the pending attempts works with either kind of hook.
                HookRole.Optional => !lastResort || hook.Attach == HookAttach.MapIterator,
                _ => !lastResort,
            };
            var error = refused.GetValueOrDefault(hook.Program);
            if (wanted && hook.Attach == HookAttach.Cgroup && _cgroup is null)
            {
                error = "there is no cgroup2 mount";
                if (hook.Role == HookRole.Required)
                {
                    throw new MonitorLoadException($"{error}, which {hook.Name} needs");
                }
            }

            program.AutoLoad = wanted && error is null;
            if (hook.AttachType is { } type)
            {
                program.ExpectedAttachType = type;
            }

            hooks.Add(new SelectedHook(
                new HookState(hook) { Type = program.TypeName, Error = error }, program.AutoLoad ? program : null));
        }

        return hooks;
    }

    private void Configure(MonitorDefinition definition, BpfObject bpf, bool lastResort)
    {
        bpf.SetGlobal("network_namespace", filter.NetworkNamespace ?? 0);
        bpf.SetGlobal("cgroup_id", filter.Cgroup?.Id ?? 0);
        bpf.SetGlobal("cgroup_level", filter.Cgroup?.Level ?? 0);
        bpf.SetGlobal("agent_pid", filter.ExcludeSelf ? (uint)Environment.ProcessId : 0);
        bpf.SetGlobal("excluded_pid_count", (uint)filter.ExcludedPids.Count);
        if (definition.IsBuiltIn)
        {
            bpf.SetGlobal("excluded_port_count", (uint)filter.ExcludedPorts.Count);
        }

        if (!BpfFeatures.HasHelper(BpfProgramType.RawTracepoint, BootClockHelper))
        {
            bpf.SetGlobal("boot_clock", (byte)0);
            bpf.SetGlobal("boot_offset", (ulong)(KernelClock.BootNanoseconds - KernelClock.MonotonicNanoseconds));
        }

        definition.Configure(bpf, _kernel, lastResort);
    }

    private void FillMaps(BpfObject bpf)
    {
        foreach (var pid in filter.ExcludedPids)
        {
            bpf.Map("excluded_pids").Update(pid, (byte)1);
        }

        if (bpf.Maps.FirstOrDefault(map => map.Name == "excluded_ports") is not { } ports)
        {
            return;
        }

        foreach (var port in filter.ExcludedPorts)
        {
            ports.Update(port, (byte)1);
        }
    }

    private LoadedMonitor Attach(MonitorDefinition definition, BpfObject bpf, List<SelectedHook> selected)
    {
        var notes = new List<string>();
        var maps = MonitorMaps.Of(bpf);
        var hooks = selected.ConvertAll(hook => hook.State);
        var buffer = maps.Events.Type == BpfMapType.Ringbuf ? RingBuffer.Open(maps.Events) : null;
        var rings = buffer is null ? MonitorRings.Open(maps.Events, definition.RingBudgetBytes, notes) : PerfRingSet.Empty(maps.Events.Name);
        var monitor = new LoadedMonitor(definition, maps, rings, hooks, notes, () => KernelMemory(bpf, hooks), buffer, bpf);
        foreach (var (hook, program) in selected)
        {
            if (program is null)
            {
                continue;
            }

            hook.Program = program.Loaded;
            try
            {
                hook.Link = hook.Definition.Attach switch
                {
                    HookAttach.Cgroup => program.AttachCgroup(_cgroup!),
                    HookAttach.MapIterator => program.AttachIterator(bpf.Map(definition.Walk!.Map)),
                    HookAttach.Xdp => program.AttachXdp(InterfaceIndex.Of(hook.Definition.Target)),
                    HookAttach.Traffic => program.AttachTrafficControl(InterfaceIndex.Of(hook.Definition.Target), DirectionOf(program)),
                    HookAttach.Clock => AttachClocks(hook, program),
                    _ => program.Attach(),
                };
                if (hook.Definition.Attach == HookAttach.Once)
                {
                    LoadedMonitor.Run(hook.Link);
                }
            }
            catch (BpfException failure) when (hook.Definition.Role == HookRole.Optional)
            {
                hook.Error = failure.Message;
            }
            catch
            {
                monitor.Dispose();
                throw;
            }
        }

        if (definition.IsBuiltIn)
        {
            _shared.Add(bpf, definition.OnlyAsksForConnections);
        }

        if (hooks.Any(hook => hook is { Link: not null, Definition.Attach: HookAttach.Cgroup }) && !_cgroup!.IsHierarchyRoot)
        {
            notes.Add(
                $"the cgroup hooks see only the processes of the agent's own cgroup and below, because {_cgroup.Path} is not " +
                "the root of the hierarchy: mount the host's /sys/fs/cgroup (Kubernetes: a hostPath volume) or use the host's " +
                "cgroup namespace (Docker: --cgroupns=host)");
        }

        return monitor;
    }

    private static TrafficDirection DirectionOf(BpfProgram program) =>
        program.Section.Contains("egress", StringComparison.Ordinal) ? TrafficDirection.Egress : TrafficDirection.Ingress;

    private static BpfLink AttachClocks(HookState hook, BpfProgram program)
    {
        var links = program.AttachPerfEvents(ClockFrequency);
        hook.OtherLinks = [.. links.Skip(1)];
        return links[0];
    }

    // A shared map counts with the monitor that brought it along.
    private long KernelMemory(BpfObject bpf, List<HookState> hooks) =>
        bpf.Maps.Where(map => !_shared.IsOfAnother(map)).Sum(map => map.MemoryBytes)
        + hooks.Sum(hook => hook.Program?.GetStatistics().MemoryBytes ?? 0);

    // A program that the kernel refused: leave it out, or fall back, and try again.
    private static bool CanDoWithout(
        MonitorDefinition definition, BpfException failure, ref bool lastResort, Dictionary<string, string> refused)
    {
        var hook = definition.Hooks.FirstOrDefault(hook => hook.Program == failure.ObjectName);
        if (hook is null || refused.ContainsKey(hook.Program))
        {
            return false;
        }

        switch (hook.Role)
        {
            case HookRole.Optional:
                refused[hook.Program] = failure.Message;
                return true;
            case HookRole.Preferred when !lastResort && definition.Hooks.Any(other => other.Role == HookRole.LastResort):
                refused[hook.Program] = failure.Message;
                lastResort = true;
                return true;
            default:
                return false;
        }
    }

    // A hook, and the program to load for it; null where it is not wanted.
    private sealed record SelectedHook(HookState State, BpfProgram? Program);
}
