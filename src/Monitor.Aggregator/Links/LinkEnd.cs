namespace Monitor.Aggregator.Links;

/// <summary>How an attempt at a link ended.</summary>
/// <param name="Kind">What the link does next.</param>
/// <param name="Reason">What users are told; empty where the link was closed on purpose.</param>
/// <param name="Released">Completes when the node may be free for this link.</param>
internal readonly record struct LinkEnd(LinkEndKind Kind, string Reason, Task? Released = null)
{
    /// <summary>Whether the stream had lasted so long that this counts as a first failure.</summary>
    public bool WasSteady { get; init; }
}
