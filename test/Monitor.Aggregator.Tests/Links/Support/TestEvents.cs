using Google.Protobuf;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Aggregator.Tests.Links.Support;

/// <summary>Events as an agent makes them.</summary>
internal static class TestEvents
{
    public static Event Make(ulong epoch, ulong sequence, string nodeName, long timeUnixNanos) => new()
    {
        Id = EventId.Format(epoch, sequence),
        Type = sequence % 3 == 0 ? "packet_drop" : "connection",
        Sequence = sequence,
        Timestamp = sequence * 1_000_000,
        Time = UnixNanos.ToTimestamp(timeUnixNanos),
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

    /// <summary>A message of a stream: events of a node from one sequence on, without losses before or among them.</summary>
    public static StreamEventsResponse Message(ulong epoch, string nodeName, ulong first, int count)
    {
        var now = UnixNanos.From(DateTimeOffset.UtcNow);
        var message = new StreamEventsResponse
        {
            Watermark = UnixNanos.ToTimestamp(now),
            ResumeToken = Token(epoch, first + (ulong)count - 1),
        };
        for (var i = 0; i < count; i++)
        {
            message.Events.Add(Make(epoch, first + (ulong)i, nodeName, now));
        }

        return message;
    }

    public static string Token(ulong epoch, ulong events) => new ResumeToken(epoch, events, events, []).ToString();

    public static byte[] Bytes(IMessage message) => message.ToByteArray();
}
