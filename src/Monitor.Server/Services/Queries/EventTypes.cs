namespace Monitor.Server;

/// <summary>The event types that have rpcs of their own.</summary>
internal static class EventTypes
{
    public const string Connection = "connection";
    public const string PacketDrop = "packet_drop";
}
