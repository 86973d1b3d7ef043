using System.Diagnostics;
using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// An agent at default settings that has nothing to do. What the machine does anyway is kept from it in the kernel: it
/// watches a network namespace in which nothing happens.
/// </summary>
internal sealed class IdleAgent : Measure
{
    // Start-up goes on after the first answer: what timers call every second or two is compiled for good after 30 calls.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(80);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(20);

    public override string Name => "idle";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        using var quiet = new QuietNamespace();
        using var agent = await AgentProcess.StartAsync(cpu: null, "--network-namespace", quiet.Name);
        // Asked before it settles: the first call of an agent compiles what answers it.
        var before = await agent.GetStatsAsync();
        await Task.Delay(Settling);
        var cpu = agent.Process.CpuTime;
        var start = Stopwatch.GetTimestamp();
        await Task.Delay(Watched);
        var percent = (agent.Process.CpuTime - cpu) / Stopwatch.GetElapsedTime(start) * 100;
        var resident = agent.Process.ResidentBytes;
        var events = (await agent.GetStatsAsync()).TotalEvents - before.TotalEvents;
        await agent.StopAsync();
        return
        [
            new Figure(
                "idle agent: part of a core",
                percent,
                0.5,
                "%",
                $"over {Watched.TotalSeconds:0} s, {events} events"),
            new Figure("idle agent: resident", resident / 1e6, 95, "MB"),
        ];
    }
}
