using Monitor.Aggregator.Discovery;

namespace Monitor.Aggregator.Links;

/// <summary>What came of claiming a node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Holder">Where the link leads that has the node; null where the one has it that claimed it.</param>
/// <param name="HolderEpoch">The run that it has.</param>
/// <param name="Released">Completes when that link lets go.</param>
internal readonly record struct Claim(AgentNode Node, AgentAddress? Holder, ulong HolderEpoch, Task Released)
{
    public bool IsGranted => Holder is null;
}
