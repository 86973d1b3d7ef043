using Monitor.Bpf;

namespace Monitor.Agent.Loading;

/// <summary>The maps of a monitor that the agent uses while it runs (bpf/include/monitor.h).</summary>
/// <param name="Counters">What its programs count.</param>
/// <param name="Reading">Whether the rings are read.</param>
/// <param name="Events">Its rings.</param>
internal sealed record MonitorMaps(BpfMap Counters, BpfMap Reading, BpfMap Events) : IDisposable
{
    public static MonitorMaps Of(BpfObject bpf) => new(bpf.Map("counters"), bpf.Map("reading"), bpf.Map("events"));

    public void Dispose()
    {
        Counters.Close();
        Reading.Close();
        Events.Close();
    }
}
