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

    private readonly Func<IReadOnlyList<MonitorPipeline>> _pipelines;
    private readonly OverheadBudget _budget;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer = new(Interval);
    private readonly Task _watching;
    private Dictionary<MonitorPipeline, Seen> _before = [];
    private TimeSpan _ownBefore;
    private long _at;
    private bool _limits;

    /// <param name="pipelines">Those that report now.</param>
    /// <param name="percent">The budget: above 0, of all CPUs together.</param>
    /// <param name="logger">Where it says that it limits, and that it no longer does.</param>
    public OverheadWatch(Func<IReadOnlyList<MonitorPipeline>> pipelines, double percent, ILogger logger)
    {
        _pipelines = pipelines;
        _budget = new OverheadBudget(percent / 100);
        _logger = logger;
        Measure(pipelines(), TimeSpan.Zero);
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
        var pipelines = _pipelines();
        if (pipelines.Count == 0)
        {
            return;
        }

        var (total, usages) = Measure(pipelines, elapsed);
        var limits = _budget.Decide(total, usages);
        for (var i = 0; i < limits.Length; i++)
        {
            if (limits[i] != pipelines[i].BudgetLimit)
            {
                pipelines[i].BudgetLimit = limits[i];
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
    private (double Total, OverheadBudget.Usage[] Usages) Measure(IReadOnlyList<MonitorPipeline> pipelines, TimeSpan elapsed)
    {
        var seconds = Math.Max(elapsed.TotalSeconds, 1e-3);
        var capacity = seconds * Environment.ProcessorCount;
        var own = Environment.CpuUsage.TotalTime;
        var ownPart = (own - _ownBefore).TotalSeconds / capacity;
        var runsCounted = BpfStatisticsSwitch.IsEnabled;
        var now = pipelines.ToDictionary(pipeline => pipeline, pipeline => Seen.Of(pipeline, runsCounted));
        var stored = (double)Math.Max(1, now.Sum(pair => (long)(pair.Value.Stored - BeforeOf(pair.Key).Stored)));
        var usages = new OverheadBudget.Usage[pipelines.Count];
        var kernel = 0.0;
        for (var i = 0; i < usages.Length; i++)
        {
            var (after, before) = (now[pipelines[i]], BeforeOf(pipelines[i]));
            var passed = after.Stored - before.Stored;
            // It counts from 0 where the kernel's switch was off in between.
            var kernelPart = after.RunNanos >= before.RunNanos ? (after.RunNanos - before.RunNanos) / 1e9 / capacity : 0;
            kernel += kernelPart;
            usages[i] = new OverheadBudget.Usage(
                kernelPart + ownPart * (passed / stored),
                passed / seconds,
                (after.Kernel.Produced - before.Kernel.Produced) / seconds,
                pipelines[i].BudgetLimit);
        }

        _before = now;
        _ownBefore = own;
        _at = Stopwatch.GetTimestamp();
        return (ownPart + kernel, usages);
    }

    private Seen BeforeOf(MonitorPipeline pipeline) => _before.GetValueOrDefault(pipeline);

    private readonly record struct Seen(KernelCounters Kernel, ulong RunNanos, ulong Stored)
    {
        public static Seen Of(MonitorPipeline pipeline, bool runsCounted) => new(
            pipeline.Monitor.Counters.Read(),
            runsCounted
                ? (ulong)pipeline.Monitor.Hooks.Sum(hook => (long)(hook.Program?.GetStatistics().RunTimeNanoseconds ?? 0))
                : 0,
            pipeline.Stored);
    }
}
