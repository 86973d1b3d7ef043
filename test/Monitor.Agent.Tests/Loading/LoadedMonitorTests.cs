using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Agent.Tests.Kernel;

namespace Monitor.Agent.Tests.Loading;

[RequiresKernel]
internal sealed class LoadedMonitorTests
{
    [Test]
    public async Task Detach_WhileAnotherThreadWalks_EndsTheWalksQuietly()
    {
        var loader = new MonitorLoader(WatchedKernel.BpfFolder(), new KernelFilter(), false);
        using var monitor = loader.Load(MonitorDefinition.All.Single(definition => definition.Name == "connection"));
        using var walking = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();
        var walks = Task.Factory.StartNew(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    monitor.Walk();
                    walking.Set();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.That(walking.Wait(TimeSpan.FromSeconds(10)), Is.True);

        monitor.Detach();
        await stop.CancelAsync();
        await walks;

        Assert.That(monitor.Hooks.Select(hook => hook.Link), Is.All.Null);
        Assert.That(monitor.Walk, Throws.Nothing);
    }
}
