namespace Monitor.Kubernetes.Tests.Support;

/// <summary>Something that runs until the end of its scope; what it throws fails the test.</summary>
internal sealed class Running : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _task;

    public Running(Func<CancellationToken, Task> run) => _task = Task.Run(() => run(_stop.Token));

    /// <summary>Whether it has ended by itself.</summary>
    public bool HasEnded => _task.IsCompleted;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _task.WaitAsync(TimeSpan.FromSeconds(20));
        _stop.Dispose();
    }
}
