using Google.Protobuf.WellKnownTypes;
using Monitor.V1;

namespace Monitor.SimulatedAgents.Producing;

/// <summary>
/// What simulated agents see, over and over: as long, and as full, as what agents see. What each event has for itself
/// (id, sequence, times) is unset.
/// </summary>
internal static class SampleEvents
{
    private const int Count = 16;

    /// <summary>One of these fails, and one is a packet drop.</summary>
    public static IEnumerable<Event> Of(string nodeName) =>
        Enumerable.Range(0, Count).Select(number => number == Count - 1 ? PacketDrop(nodeName) : Connection(nodeName, number));

    private static Event Connection(string nodeName, int number)
    {
        var failed = number == Count / 2;
        return new Event
        {
            Type = "connection",
            NodeName = nodeName,
            Pid = 4000 + (uint)number,
            Tid = 4000 + (uint)number,
            Uid = 1000,
            Command = $"client-{number}",
            CgroupId = 7000,
            NetworkNamespace = 4_026_531_840,
            Protocol = "TCP",
            SocketType = "STREAM",
            SourceIp = "192.0.2.10",
            SourcePort = 40_000 + (uint)number,
            AddressFamily = "IPv4",
            DestinationIp = $"198.51.100.{number}",
            DestinationPort = 443,
            Destination = $"198.51.100.{number}:443",
            Connection = failed
                ? new ConnectionDetail
                {
                    Outcome = ConnectionDetail.Types.Outcome.Failed,
                    ReturnCode = -111,
                    Error = "ECONNREFUSED",
                    NonBlocking = false,
                }
                : new ConnectionDetail
                {
                    Outcome = ConnectionDetail.Types.Outcome.Connected,
                    ReturnCode = 0,
                    HandshakeTime = new Duration { Nanos = 1_250_000 },
                    NonBlocking = false,
                },
        };
    }

    private static Event PacketDrop(string nodeName) => new()
    {
        Type = "packet_drop",
        NodeName = nodeName,
        NetworkNamespace = 4_026_531_840,
        AddressFamily = "IPv4",
        Protocol = "UDP",
        SourceIp = "203.0.113.7",
        SourcePort = 5353,
        DestinationIp = "192.0.2.10",
        DestinationPort = 9,
        Destination = "192.0.2.10:9",
        PacketDrop = new PacketDropDetail
        {
            Reason = "NO_SOCKET",
            ReasonCode = 3,
            Symbol = "__udp4_lib_rcv+0x3f1",
            Length = 60,
            Interface = "eth0",
            InterfaceIndex = 2,
        },
    };
}
