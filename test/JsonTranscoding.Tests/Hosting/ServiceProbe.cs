using System.Collections.Concurrent;

namespace JsonTranscoding.Tests.Hosting;

/// <summary>What a test wants to know of the service's side of a call.</summary>
internal sealed class ServiceProbe
{
    /// <summary>How many messages streams have written.</summary>
    public int Written;

    /// <summary>Completed when a call was cancelled.</summary>
    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What interceptors saw, in order.</summary>
    public ConcurrentQueue<string> Trace { get; } = new();
}
