namespace Monitor.Kubernetes.Cluster;

/// <summary>An object that has addresses.</summary>
/// <param name="Uid">Names it.</param>
/// <param name="Addresses">Its addresses; none where they are not its own.</param>
/// <param name="From">Since when it can have had them, ms since 1970.</param>
/// <param name="To">When it gave them back, ms since 1970; null while it has them.</param>
/// <param name="Stopped">When it stopped using them, ms since 1970, which counts if it is removed; null where it had not.</param>
internal readonly record struct AddressOwner(Guid Uid, UInt128[] Addresses, long From, long? To = null, long? Stopped = null);
