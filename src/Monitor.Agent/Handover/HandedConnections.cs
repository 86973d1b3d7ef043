namespace Monitor.Agent.Handover;

/// <summary>What is kept of connections, in a <see cref="HandoverDescription"/>. Descriptors by number.</summary>
/// <param name="Entries">The map of entries.</param>
/// <param name="Counts">The map that counts them.</param>
internal sealed record HandedConnections(int Entries, int Counts)
{
    /// <summary>All that it consists of.</summary>
    public IEnumerable<int> Descriptors => [Entries, Counts];
}
