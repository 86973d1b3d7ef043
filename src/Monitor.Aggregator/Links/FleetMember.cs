namespace Monitor.Aggregator.Links;

/// <summary>An address that is or was listed, with its link. Guarded by the <see cref="AgentFleet"/>.</summary>
internal sealed class FleetMember(AgentLink link, TimeProvider time)
{
    private Func<Task>? _stop;

    public AgentLink Link => link;

    /// <summary>Completes when the link is closed; completed where it never ran.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>When it was taken from the list; null while it is on it.</summary>
    public DateTimeOffset? GoneSince { get; private set; }

    /// <summary>Starts the link, when the one before is closed.</summary>
    public void Start()
    {
        GoneSince = null;
        var stop = new CancellationTokenSource();
        _stop = stop.CancelAsync;
        Running = RunAsync(Running, stop);
    }

    /// <summary>Closes the link, if it was started.</summary>
    public void Stop()
    {
        if (_stop is not null)
        {
            GoneSince = time.GetUtcNow();
            // Not synchronously: what waits for it would run under the fleet's lock.
            _ = _stop();
            _stop = null;
        }
    }

    private async Task RunAsync(Task before, CancellationTokenSource stop)
    {
        // Not disposed of: it may be cancelled after the link has ended.
        await Task.Yield();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await link.RunAsync(stop.Token);
    }
}
