namespace Monitor.Protocol;

/// <summary>In a resume token of an aggregator: how far one agent was read.</summary>
/// <param name="Epoch">The agent's run.</param>
/// <param name="NodeHash">Hash of the node's name, by which a later run of the same agent is recognised.</param>
/// <param name="Position">Position of the next entry in the agent's log.</param>
/// <param name="Events">How many events precede the position; not above it.</param>
public readonly record struct SourceToken(ulong Epoch, uint NodeHash, ulong Position, ulong Events);
