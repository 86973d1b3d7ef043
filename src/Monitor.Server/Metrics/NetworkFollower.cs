using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitor.Events;

namespace Monitor.Server;

/// <summary>Keeps <see cref="NetworkCounts"/> near the end of the log, so that nothing is evicted before it is counted.</summary>
internal sealed class NetworkFollower(NetworkCounts counts, ILogger<NetworkFollower> logger) : BackgroundService
{
    // A log of 64 MiB takes 100 ms to fill at two million events per second. With less to do, 20 times a second is enough.
    private const int Busy = 1000;
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(10), QuietPause = TimeSpan.FromMilliseconds(50);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await counts.WaitAsync(stoppingToken);
                await Task.Delay(counts.CatchUp() >= Busy ? BusyPause : QuietPause, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The server is worth more than its metrics.
            MetricsLog.CountingFailed(logger, failure);
        }
    }
}
