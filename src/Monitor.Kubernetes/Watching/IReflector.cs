namespace Monitor.Kubernetes.Watching;

/// <summary>A reflector, whatever it watches.</summary>
internal interface IReflector
{
    /// <summary>How it is doing now. Any thread.</summary>
    WatchStatus Status { get; }

    /// <summary>Watches until it is cancelled.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
