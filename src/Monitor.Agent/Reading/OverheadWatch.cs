using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Monitor.Agent.Loading;
using Monitor.Bpf;
using Monitor.Bpf.Kernel;

namespace Monitor.Agent.Reading;

/// <summary>
/// Watches once a second what the agent and its programs cost, and limits them as <see cref="OverheadBudget"/> decides. What a
/// limit leaves out is counted by the programs as rate-limited, and reported as any such loss.
/// </summary>
internal sealed class OverheadWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<MonitorPipeline> _pipelines;
    private readonly OverheadBudget _budget;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer = new(Interval);
    private readonly Task _watching;
    private readonly (KernelCounters Kernel, ulong RunNanos, ulong Stored)[] _before;
    private TimeSpan _ownBefore;
    private long _at;
    private bool _limits;

    /// <param name="pipelines">At least one, which report already.</param>
    /// <param name="percent">The budget: above 0, of all CPUs together.</param>
    /// <param name="logger">Where it says that it limits, and that it no longer does.</param>
    public OverheadWatch(IReadOnlyList<MonitorPipeline> pipelines, double percent, ILogger logger)
    {
        _pipelines = pipelines;
        _budget = new OverheadBudget(percent / 100);
        _logger = logger;
        _before = new (KernelCounters, ulong, ulong)[pipelines.Count];
        Measure(TimeSpan.Zero);
        _watching = WatchAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _watching;
    }

    private async Task WatchAsync()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            try
            {
                Adjust();
            }
            catch (BpfException failure)
            {
                AgentLog.BudgetFailed(_logger, failure.Message);
            }
        }
    }

    private void Adjust()
    {
        var elapsed = Stopwatch.GetElapsedTime(_at);
        var (total, usages) = Measure(elapsed);
        var limits = _budget.Decide(total, usages);
        for (var i = 0; i < limits.Length; i++)
        {
            if (limits[i] != _pipelines[i].BudgetLimit)
            {
                _pipelines[i].BudgetLimit = limits[i];
            }
        }

        var limited = limits.Any(limit => limit != LoadedMonitor.NoLimit);
        if (limited != _limits)
        {
            _limits = limited;
            if (limited)
            {
                AgentLog.BudgetExceeded(_logger, total * 100);
            }
            else
            {
                AgentLog.BudgetKept(_logger);
            }
        }
    }

    // What has happened since the last time.
    private (double Total, OverheadBudget.Usage[] Usages) Measure(TimeSpan elapsed)
    {
        var capacity = Math.Max(elapsed.TotalSeconds, 1e-3) * Environment.ProcessorCount;
        var own = Environment.CpuUsage.TotalTime;
        var ownPart = (own - _ownBefore).TotalSeconds / capacity;
        var runsCounted = BpfStatisticsSwitch.IsEnabled;
        var now = new (KernelCounters Kernel, ulong RunNanos, ulong Stored)[_pipelines.Count];
        for (var i = 0; i < now.Length; i++)
        {
            var monitor = _pipelines[i].Monitor;
            now[i] = (
                monitor.Counters.Read(),
                runsCounted ? (ulong)monitor.Hooks.Sum(hook => (long)(hook.Program?.GetStatistics().RunTimeNanoseconds ?? 0)) : 0,
                _pipelines[i].Stored);
        }

        var stored = (double)Math.Max(1, now.Zip(_before, (after, before) => (long)(after.Stored - before.Stored)).Sum());
        var usages = new OverheadBudget.Usage[now.Length];
        var kernel = 0.0;
        for (var i = 0; i < now.Length; i++)
        {
            var passed = now[i].Stored - _before[i].Stored;
            // It counts from 0 where the kernel's switch was off in between.
            var kernelPart = now[i].RunNanos >= _before[i].RunNanos ? (now[i].RunNanos - _before[i].RunNanos) / 1e9 / capacity : 0;
            kernel += kernelPart;
            usages[i] = new OverheadBudget.Usage(
                kernelPart + ownPart * (passed / stored),
                passed / Math.Max(elapsed.TotalSeconds, 1e-3),
                (now[i].Kernel.Produced - _before[i].Kernel.Produced) / Math.Max(elapsed.TotalSeconds, 1e-3),
                _pipelines[i].BudgetLimit);
        }

        now.CopyTo(_before, 0);
        _ownBefore = own;
        _at = Stopwatch.GetTimestamp();
        return (ownPart + kernel, usages);
    }
}
