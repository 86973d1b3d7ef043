using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests.Flows;

/// <summary>Who takes part in the flows of a test: its node, its process or pod, its address.</summary>
internal sealed record Party(string Node, string Ip, uint Port)
{
    public string Command { get; init; } = "";

    public string Pod { get; init; } = "";

    public string Workload { get; init; } = "";

    /// <summary>The service in front of it, and its address and port.</summary>
    public string Service { get; init; } = "";

    public string ServiceIp { get; init; } = "";

    public uint ServicePort { get; init; }

    /// <summary>The name that clients look up.</summary>
    public string Name { get; init; } = "";

    public bool IsWatched { get; init; } = true;
}

/// <summary>Makes the events that agents and an aggregator in Kubernetes make of connections.</summary>
internal static class FlowWorld
{
    public const string Namespace = "shop";

    public static Event Attempt(Party from, uint fromPort, Party to, long time, ConnectionDetail? detail = null)
    {
        var made = Outbound("connection", from, fromPort, to, time);
        made.Connection = detail ?? new ConnectionDetail { Outcome = ConnectionDetail.Types.Outcome.Connected };
        return made;
    }

    public static Event Accept(Party from, uint fromPort, Party to, long time, AcceptDetail? detail = null)
    {
        var made = Inbound("accept", from, fromPort, to, time);
        made.Accept = detail ?? new AcceptDetail();
        return made;
    }

    public static Event Close(Party from, uint fromPort, Party to, long time, bool inbound, CloseDetail detail)
    {
        var made = inbound ? Inbound("close", from, fromPort, to, time) : Outbound("close", from, fromPort, to, time);
        made.Close = detail;
        made.Close.Direction = Direction(inbound);
        return made;
    }

    public static Event Retransmit(Party from, uint fromPort, Party to, long time, bool inbound, uint count = 0)
    {
        var made = inbound ? Inbound("retransmit", from, fromPort, to, time) : Outbound("retransmit", from, fromPort, to, time);
        made.Retransmit = new RetransmitDetail { Direction = Direction(inbound), Count = count };
        return made;
    }

    public static Event Reset(Party from, uint fromPort, Party to, long time, bool inbound, bool sent)
    {
        var made = inbound ? Inbound("reset", from, fromPort, to, time) : Outbound("reset", from, fromPort, to, time);
        made.Reset = new ResetDetail { Direction = Direction(inbound), Sent = sent };
        return made;
    }

    /// <summary>A packet of a connection, as nobody's.</summary>
    public static Event Drop(Party from, uint fromPort, Party to, long time, bool isAnswer) => new()
    {
        Type = "packet_drop",
        NodeName = to.Node,
        Time = UnixNanos.ToTimestamp(time),
        Protocol = "TCP",
        SourceIp = isAnswer ? to.Ip : from.Ip,
        SourcePort = isAnswer ? to.Port : fromPort,
        DestinationIp = isAnswer ? from.Ip : to.Ip,
        DestinationPort = isAnswer ? fromPort : to.Port,
        PacketDrop = new PacketDropDetail { Reason = "NETFILTER_DROP" },
    };

    public static Duration Nanos(long nanos) =>
        new() { Seconds = nanos / 1_000_000_000, Nanos = (int)(nanos % 1_000_000_000) };

    /// <summary>A log of these events, in their order.</summary>
    public static EventLog Log(IEnumerable<Event> events, long retentionBytes = 16 << 20)
    {
        var log = new EventLog(new EventLogOptions { RetentionBytes = retentionBytes }, 7, TimeProvider.System);
        foreach (var made in events)
        {
            var bytes = made.ToByteArray();
            if (!EventColumns.TryParse(bytes, log.Types, out var columns) || !log.Append(columns, bytes))
            {
                throw new InvalidOperationException("The log refused an event.");
            }
        }

        log.Publish();
        return log;
    }

    private static ConnectionDirection Direction(bool inbound) =>
        inbound ? ConnectionDirection.Inbound : ConnectionDirection.Outbound;

    private static Event Outbound(string type, Party from, uint fromPort, Party to, long time)
    {
        var made = Of(type, from, time);
        made.SourceIp = from.Ip;
        made.SourcePort = fromPort;
        made.DestinationIp = to.ServiceIp.Length > 0 ? to.ServiceIp : to.Ip;
        made.DestinationPort = to.ServiceIp.Length > 0 ? to.ServicePort : to.Port;
        if (to.Name.Length > 0)
        {
            made.DestinationName = to.Name;
        }

        if (to.Service.Length > 0)
        {
            made.PeerNamespace = Namespace;
            made.PeerServiceName = to.Service;
        }

        return made;
    }

    private static Event Inbound(string type, Party from, uint fromPort, Party to, long time)
    {
        var made = Of(type, to, time);
        made.SourceIp = from.Ip;
        made.SourcePort = fromPort;
        made.DestinationIp = to.Ip;
        made.DestinationPort = to.Port;
        if (from.Pod.Length > 0 && to.Pod.Length > 0)
        {
            made.PeerNamespace = Namespace;
            made.PeerPodName = from.Pod;
            made.PeerWorkloadKind = "Deployment";
            made.PeerWorkloadName = from.Workload;
            made.PeerNodeName = from.Node;
        }

        return made;
    }

    private static Event Of(string type, Party at, long time)
    {
        var made = new Event { Type = type, NodeName = at.Node, Time = UnixNanos.ToTimestamp(time), Protocol = "TCP" };
        if (at.Command.Length > 0)
        {
            made.Command = at.Command;
        }

        if (at.Pod.Length > 0)
        {
            made.K8SNamespace = Namespace;
            made.K8SPodName = at.Pod;
            made.K8SWorkloadKind = "Deployment";
            made.K8SWorkloadName = at.Workload;
        }

        return made;
    }
}
