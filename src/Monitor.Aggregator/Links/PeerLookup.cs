using Monitor.Events;

namespace Monitor.Aggregator.Links;

/// <summary>
/// Names the other side of an event, on any thread and without waiting. Outside Kubernetes there is none, and nothing
/// of Kubernetes is loaded; that is why this is a class of its own.
/// </summary>
internal abstract class PeerLookup
{
    /// <summary>The encoded <c>peer_*</c> fields of an event; empty where its other address belongs to nothing that is
    /// known.</summary>
    public abstract ReadOnlySpan<byte> Find(in EventColumns columns);
}
