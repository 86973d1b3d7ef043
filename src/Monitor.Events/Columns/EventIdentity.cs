namespace Monitor.Events;

/// <summary>What says which event an encoded one is. Points into its bytes.</summary>
public ref struct EventIdentity
{
    /// <summary>Its sequence; 0 where it has none.</summary>
    public ulong Sequence { get; internal set; }

    /// <summary>The node's name, in UTF-8; empty where it has none.</summary>
    public ReadOnlySpan<byte> NodeName { get; internal set; }
}
