using Perfolizer.Horology;

namespace Monitor.Benchmarks.Micro;

/// <summary>
/// CPU time of this process instead of the time of day: the figures then hold on a machine that others use too. Right for
/// benchmarks that neither wait nor start threads.
/// </summary>
internal sealed class CpuClock : IClock
{
    public string Title => "CPU time";

    public bool IsAvailable => true;

    public Frequency Frequency { get; } = new(TimeSpan.TicksPerSecond);

    public long GetTimestamp() => Environment.CpuUsage.TotalTime.Ticks;
}
