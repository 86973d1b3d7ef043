namespace Monitor.Events;

/// <summary>Which flows come first.</summary>
public enum FlowOrder
{
    /// <summary>Those with most connections.</summary>
    Connections,

    /// <summary>Those with most bytes, both ways together.</summary>
    Bytes,
}
