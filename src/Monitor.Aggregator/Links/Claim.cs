using Monitor.Aggregator.Discovery;

namespace Monitor.Aggregator.Links;

/// <summary>The result of claiming a node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Holder">Where the link leads that has the node; null where the claimant now has it.</param>
/// <param name="HolderEpoch">The run that answers there.</param>
/// <param name="Released">Completes when the link that has the node lets go.</param>
internal readonly record struct Claim(AgentNode Node, AgentAddress? Holder, ulong HolderEpoch, Task Released)
{
    public bool IsGranted => Holder is null;
}
