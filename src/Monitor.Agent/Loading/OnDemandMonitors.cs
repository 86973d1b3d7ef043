using Microsoft.Extensions.Logging;
using Monitor.Bpf;
using Monitor.Server;

namespace Monitor.Agent.Loading;

/// <summary>The monitors that are attached only while somebody asks for their events. One thread at a time.</summary>
/// <param name="monitors">Some or none; none is paused yet.</param>
/// <param name="logger">Where it says what happens.</param>
internal sealed class OnDemandMonitors(IReadOnlyList<LoadedMonitor> monitors, ILogger logger)
{
    private readonly HashSet<LoadedMonitor> _failed = [];

    /// <summary>Their names. Any thread.</summary>
    public IReadOnlyCollection<string> Names { get; } = [.. monitors.Select(monitor => monitor.Definition.Name)];

    /// <summary>Detaches all; nobody asks yet.</summary>
    public void Begin()
    {
        foreach (var monitor in monitors)
        {
            monitor.IsOnDemand = true;
            monitor.Pause();
        }
    }

    /// <summary>Attaches and detaches as is asked for.</summary>
    public void Follow(ProgramDemand demand)
    {
        foreach (var monitor in monitors)
        {
            var name = monitor.Definition.Name;
            if (!demand.Includes(name))
            {
                if (!monitor.IsPaused)
                {
                    monitor.Pause();
                    AgentLog.Waiting(logger, name);
                }

                continue;
            }

            if (monitor.IsPaused)
            {
                Resume(monitor, name);
            }
        }
    }

    // Each second while it is asked for and fails; said once.
    private void Resume(LoadedMonitor monitor, string name)
    {
        try
        {
            monitor.Resume();
            _failed.Remove(monitor);
            AgentLog.Resumed(logger, name);
        }
        catch (Exception failure) when (failure is BpfException or MonitorLoadException)
        {
            if (_failed.Add(monitor))
            {
                AgentLog.ResumeFailed(logger, name, failure.Message);
            }
        }
    }
}
