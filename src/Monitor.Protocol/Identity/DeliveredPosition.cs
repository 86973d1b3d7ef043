namespace Monitor.Protocol;

/// <summary>In a resume token of an aggregator: how far the client has the log of one run of one agent.</summary>
/// <param name="Epoch">Identity of the run.</param>
/// <param name="NodeHash">Hash of the node's name. It identifies a later run of the same agent.</param>
/// <param name="Position">How many entries of the agent's log, events and losses, the client has: the position of the
/// next one.</param>
/// <param name="Events">How many of them are events. Not above <paramref name="Position"/>.</param>
public readonly record struct DeliveredPosition(ulong Epoch, uint NodeHash, ulong Position, ulong Events);
