namespace Monitor.Agent.Handover;

/// <summary>The iterators over sockets, in a <see cref="HandoverDescription"/>. Descriptors by number.</summary>
/// <param name="Files">The link of the one over files; null where there is none.</param>
/// <param name="Table">The link of the one over the kernel's table; null where there is none.</param>
/// <param name="Note">See <see cref="OpenConnections.SocketIterators.Note"/>.</param>
internal sealed record HandedSockets(int? Files, int? Table, string Note)
{
    /// <summary>All that it consists of.</summary>
    public IEnumerable<int> Descriptors => new[] { Files, Table }.OfType<int>();
}
