using System.Diagnostics;
using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

/// <summary>An agent that has nothing to do but what the machine does anyway.</summary>
internal sealed class IdleAgent : Measure
{
    // Start-up goes on a little after the first answer: the runtime compiles what ran a lot once more.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(20);

    public override string Name => "idle";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        using var agent = await AgentProcess.StartAsync(cpu: null);
        await Task.Delay(Settling);
        var before = await agent.GetStatsAsync();
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
                $"over {Watched.TotalSeconds:0} s, {events} events of others"),
            new Figure("idle agent: resident", resident / 1e6, 90, "MB"),
        ];
    }
}
