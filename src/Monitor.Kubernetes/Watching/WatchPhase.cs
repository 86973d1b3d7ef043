namespace Monitor.Kubernetes.Watching;

/// <summary>How a watch is doing.</summary>
public enum WatchPhase
{
    /// <summary>The first list has not come yet.</summary>
    Starting,

    /// <summary>What is known is up to date.</summary>
    Watching,

    /// <summary>The API server cannot be reached, or refuses: what is known is as old as the last contact.</summary>
    Failing,
}
