namespace Monitor.Server;

/// <summary>The event types that rpcs ask for by name.</summary>
internal static class EventTypes
{
    public const string Connection = "connection";
    public const string PacketDrop = "packet_drop";
    public const string Accept = "accept";
    public const string Retransmit = "retransmit";
    public const string Reset = "reset";
    public const string Dns = "dns";
    public const string ListenOverflow = "listen_overflow";
}
