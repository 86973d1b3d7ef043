namespace Monitor.V1;

public sealed partial class StreamEventsResponse : IEncodedEventsResponse
{
    /// <inheritdoc/>
    public ReadOnlyMemory<byte> EncodedEvents { get; set; }

    /// <inheritdoc/>
    public IDisposable? EncodedEventsOwner { get; set; }
}

public sealed partial class ListEventsResponse : IEncodedEventsResponse
{
    /// <inheritdoc/>
    public ReadOnlyMemory<byte> EncodedEvents { get; set; }

    /// <inheritdoc/>
    public IDisposable? EncodedEventsOwner { get; set; }
}

public sealed partial class ListConnectionsResponse : IEncodedEventsResponse
{
    /// <inheritdoc/>
    public ReadOnlyMemory<byte> EncodedEvents { get; set; }

    /// <inheritdoc/>
    public IDisposable? EncodedEventsOwner { get; set; }
}

public sealed partial class ListPacketDropsResponse : IEncodedEventsResponse
{
    /// <inheritdoc/>
    public ReadOnlyMemory<byte> EncodedEvents { get; set; }

    /// <inheritdoc/>
    public IDisposable? EncodedEventsOwner { get; set; }
}
