using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Fuzz.Inputs;

/// <summary>Events as agents make them.</summary>
internal static class SampleEvents
{
    // 2026-01-01T00:00:00Z.
    private const long Start = 1_767_225_600_000_000_000;

    public static Event Make(ulong epoch, ulong sequence, string nodeName) => new()
    {
        Id = EventId.Format(epoch, sequence),
        Type = sequence % 3 == 0 ? "packet_drop" : "connection",
        Sequence = sequence,
        Timestamp = sequence * 1_000_000,
        Time = UnixNanos.ToTimestamp(Start + (long)sequence * 1_000_000),
        NodeName = nodeName,
        Pid = 4242,
        Command = "curl",
        AddressFamily = "IPv4",
        Protocol = "TCP",
        SourceIp = "192.0.2.1",
        SourcePort = 40000,
        DestinationIp = "198.51.100.7",
        DestinationPort = 443,
        Destination = "198.51.100.7:443",
    };
}
