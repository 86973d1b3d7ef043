namespace Monitor.Kubernetes.Cluster;

/// <summary>For how long an address was somebody's.</summary>
/// <param name="Owner">The object's uid.</param>
/// <param name="Peer">The object.</param>
/// <param name="From">ms since 1970.</param>
/// <param name="To">ms since 1970, exclusive; <see cref="Open"/> while it lasts.</param>
internal readonly record struct AddressInterval(Guid Owner, Peer Peer, long From, long To)
{
    /// <summary>It has not ended.</summary>
    public const long Open = long.MaxValue;
}
