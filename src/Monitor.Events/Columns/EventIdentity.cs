namespace Monitor.Events;

/// <summary>Which event an encoded event is. Points into its bytes.</summary>
public ref struct EventIdentity
{
    /// <summary>Its sequence; 0 if it has none.</summary>
    public ulong Sequence { get; internal set; }

    /// <summary>Its id, in UTF-8; empty if it has none.</summary>
    public ReadOnlySpan<byte> Id { get; internal set; }

    /// <summary>The node's name, in UTF-8; empty if it has none.</summary>
    public ReadOnlySpan<byte> NodeName { get; internal set; }
}
