namespace Monitor.Aggregator.Discovery;

/// <summary>One way to find agents.</summary>
internal interface IAgentDiscovery
{
    /// <summary>Where it looks, for messages and the start report: "the file /etc/agents", "DNS name agents:50051".</summary>
    string Description { get; }

    /// <summary>
    /// The whole set of agents, first as it is now and again each time that it may have changed: an address that is not
    /// in the latest set is gone. A failure is logged, and the last set stays. Throws only
    /// <see cref="OperationCanceledException"/>. May end by itself where the set never changes; the last set then stays.
    /// Call it once.
    /// </summary>
    IAsyncEnumerable<IReadOnlyCollection<AgentAddress>> WatchAsync(CancellationToken cancellationToken);
}
