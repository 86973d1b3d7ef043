using Microsoft.Extensions.Logging;
using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Bpf;

namespace Monitor.Agent.Custom;

/// <summary>
/// Runs the iterators of users' monitors every few seconds. Not on the reader's thread: nobody knows how much they look at, and
/// the rings must not wait for them. One thread at a time.
/// </summary>
/// <param name="logger">Where it says what fails.</param>
internal sealed class CustomWalks(ILogger logger)
{
    private const long IntervalMilliseconds = 5000;

    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);
    private long _dueAt;

    /// <summary>Runs them where it is time.</summary>
    public void RunDue(IEnumerable<LoadedMonitor> monitors)
    {
        if (Environment.TickCount64 < _dueAt)
        {
            return;
        }

        _dueAt = Environment.TickCount64 + IntervalMilliseconds;
        foreach (var monitor in monitors.Where(monitor => monitor.Hooks.Any(hook => hook.Definition.Attach == HookAttach.Iterator)))
        {
            var name = monitor.Definition.Name;
            try
            {
                monitor.Walk();
                _failed.Remove(name);
            }
            catch (BpfException failure)
            {
                if (_failed.Add(name))
                {
                    AgentLog.WalkFailed(logger, name, failure.Message);
                }
            }
        }
    }
}
