using Monitor.Agent.Reading;
using Monitor.V1;

namespace Monitor.Agent.Custom;

/// <summary>One name in the folder: the monitor that runs under it, and what is wrong. Replaced as a whole when something changes.</summary>
/// <param name="Name">The monitor's name.</param>
/// <param name="State">The file that was looked at last.</param>
/// <param name="Pipeline">What runs; null where nothing does.</param>
/// <param name="Definition">What runs, or ran last; null where nothing ever could.</param>
/// <param name="Error">Why what the file holds now does not run; empty where it does.</param>
/// <param name="RetryAt">When to try again what failed, by <see cref="System.Environment.TickCount64"/>; 0: not by itself.</param>
/// <param name="Before">What the versions that ran before under this name counted.</param>
internal sealed record CustomEntry(
    string Name, MonitorFolder.FileState State, MonitorPipeline? Pipeline, CustomMonitor? Definition, string Error, long RetryAt,
    ProgramCounters Before)
{
    /// <summary>Whether it only keeps what was counted.</summary>
    public bool IsOver => Pipeline is null && Error.Length == 0;
}
