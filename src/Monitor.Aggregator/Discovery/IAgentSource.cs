namespace Monitor.Aggregator.Discovery;

/// <summary>Where agents are found.</summary>
internal interface IAgentSource
{
    /// <summary>Where it looks, for messages and the start report: "the file /etc/agents", "DNS name agents:50051".</summary>
    string Description { get; }

    /// <summary>
    /// The whole set of agents, first as it is now and again each time that it may have changed: an address that is not
    /// in the latest set is gone. What fails on the way is logged, and the last set stays. Throws nothing but
    /// <see cref="OperationCanceledException"/>; may end by itself where the set never changes, and then the last set
    /// stays. Call it once.
    /// </summary>
    IAsyncEnumerable<IReadOnlyCollection<AgentAddress>> WatchAsync(CancellationToken cancellationToken);
}
