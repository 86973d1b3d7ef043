using Monitor.Agent.Loading;
using Monitor.Bpf;
using Monitor.Bpf.Attaching;
using Monitor.Bpf.Kernel;
using Monitor.Sandbox.Rights;

namespace Monitor.Agent.Handover;

/// <summary>
/// Which capabilities the reading image needs. What a kernel asks for is found out by trying without, on the calling
/// thread, whose effective capabilities it changes.
/// </summary>
internal static class RightsToKeep
{
    // For what each is: deploy/README.md.
    private static readonly CapabilitySet Always = CapabilitySet.Of(Capability.IpcLock, Capability.SysNice, Capability.Syslog);

    private static readonly CapabilitySet ToLoad = CapabilitySet.Of(Capability.Bpf, Capability.Perfmon, Capability.NetAdmin);

    private const int FirstFreePort = 1024;

    /// <summary>Finds them.</summary>
    /// <param name="outcome">The loaded monitors, which report nothing yet, and what reads the open connections.</param>
    /// <param name="ports">Where the server will listen.</param>
    /// <param name="files">Files that the server will read.</param>
    /// <param name="onDemand">Names of those monitors that are attached later.</param>
    /// <param name="monitorsFolder">The folder of monitors that are loaded while it runs; null: none are.</param>
    /// <returns>The capabilities, and for those that are not always kept the reason.</returns>
    public static (CapabilitySet Capabilities, IReadOnlyList<string> Notes) Find(
        LoadOutcome outcome, IEnumerable<int> ports, IReadOnlyList<string> files, IReadOnlyList<string> onDemand, string? monitorsFolder)
    {
        var permitted = ThreadRights.Permitted;
        var kept = Always;
        var notes = new List<string>();
        if (ports.Any(port => port is > 0 and < FirstFreePort))
        {
            kept = kept.Or(CapabilitySet.Of(Capability.NetBindService));
        }

        // What only root can look into, and monitors that come later need: their objects, and the numbers of tracepoints.
        string[] folders = [];
        if (monitorsFolder is not null)
        {
            folders = [monitorsFolder, .. Tracefs.Find() is { } tracefs ? [tracefs] : Array.Empty<string>()];
            // CAP_SYS_RESOURCE raises what may be locked in memory, which is asked for before 5.11.
            kept = kept.Or(ToLoad).Or(CapabilitySet.Of(Capability.SysResource));
            notes.Add(
                $"CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_RESOURCE are kept for {AgentSettings.MonitorsFolder.OptionName}, whose monitors come and "
                + "go while the agent runs");
        }

        ThreadRights.MakeEffective(kept.And(permitted));
        try
        {
            if (Refusal(outcome) is { } refusal)
            {
                kept = kept.Or(CapabilitySet.Of(Capability.Bpf));
                notes.Add(
                    $"CAP_BPF is kept, because this kernel lets nobody else read maps ({refusal}): Linux 5.19 and later do, " +
                    "earlier ones with the sysctl kernel.unprivileged_bpf_disabled=0");
            }

            if (RefusalToAttach(outcome.Loaded.Where(monitor => onDemand.Contains(monitor.Definition.Name))) is { } refused)
            {
                kept = kept.Or(ToLoad);
                notes.Add(
                    $"CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN are kept for {AgentSettings.OnDemand.OptionName}, because this kernel lets "
                    + $"nobody else attach programs ({refused})");
            }

            if (monitorsFolder is not null && PerfEventAccess.Refusal() is { } closedRings)
            {
                kept = kept.Or(CapabilitySet.Of(Capability.SysAdmin));
                notes.Add($"CAP_SYS_ADMIN is kept for {AgentSettings.MonitorsFolder.OptionName} ({closedRings})");
            }

            if (files.FirstOrDefault(file => !IsReadable(file)) is { } unreadable)
            {
                kept = kept.Or(CapabilitySet.Of(Capability.DacReadSearch));
                notes.Add(
                    $"CAP_DAC_READ_SEARCH is kept, because {unreadable} is readable for another user only: give the file to " +
                    "the agent's user");
            }
            else if (folders.FirstOrDefault(folder => !CanList(folder)) is { } closed)
            {
                kept = kept.Or(CapabilitySet.Of(Capability.DacReadSearch));
                notes.Add($"CAP_DAC_READ_SEARCH is kept for {AgentSettings.MonitorsFolder.OptionName}, because {closed} is open to root only");
            }
        }
        finally
        {
            ThreadRights.MakeEffective(permitted);
        }

        return (kept.And(permitted), notes);
    }

    // All that the reading image asks of the kernel about BPF.
    private static string? Refusal(LoadOutcome outcome)
    {
        try
        {
            foreach (var monitor in outcome.Loaded)
            {
                monitor.Counters.Read();
                monitor.Limit(0);
                monitor.Walk();
                foreach (var hook in monitor.Hooks)
                {
                    hook.Program?.GetStatistics();
                }
            }

            outcome.Sockets.Files?.CreateIterator().Dispose();
            outcome.Sockets.Table?.CreateIterator().Dispose();

            return null;
        }
        catch (BpfException failure)
        {
            return failure.ErrnoName;
        }
    }

    private static string? RefusalToAttach(IEnumerable<LoadedMonitor> monitors)
    {
        foreach (var monitor in monitors)
        {
            monitor.Pause();
            try
            {
                monitor.Resume();
            }
            catch (Exception failure) when (failure is BpfException or MonitorLoadException)
            {
                return (failure as BpfException)?.ErrnoName ?? failure.Message;
            }
        }

        return null;
    }

    // A folder that is not there is no matter of rights.
    private static bool CanList(string folder)
    {
        try
        {
            using var entries = Directory.EnumerateFileSystemEntries(folder).GetEnumerator();
            entries.MoveNext();
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return failure is not UnauthorizedAccessException;
        }
    }

    private static bool IsReadable(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
