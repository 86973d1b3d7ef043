using Microsoft.Extensions.Hosting;

namespace Monitor.Server;

/// <summary>Says when the server stops: first that streams are to end, then that those are cut off that did not.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _cut;
    private readonly CancellationTokenRegistration _registration;

    public StopSignal(IHostApplicationLifetime lifetime, MonitorServerOptions options)
    {
        Stopping = lifetime.ApplicationStopping;
        _cut = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.Time);
        _registration = Stopping.Register(() => _cut.CancelAfter(options.StopGrace));
    }

    /// <summary>Cancelled when the server begins to stop.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Cancelled when the grace that streams have for their last message is over.</summary>
    public CancellationToken Cut => _cut.Token;

    public void Dispose()
    {
        _registration.Dispose();
        _cut.Dispose();
    }
}
