using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests;

/// <summary>Events as an agent would make them, and random ones in which few values repeat often.</summary>
internal static class TestEvents
{
    /// <summary>2026-01-01T00:00:00Z.</summary>
    public const long Start = 1_767_225_600_000_000_000;

    private static readonly string[] Types = ["connection", "packet_drop", "tcp_reset", "dns"];
    private static readonly string[] Commands = ["curl", "nginx", "a", "", "kworker/0:1-ev", "ünï"];
    private static readonly string[] Names = ["node-1", "node-2", "web-5d8f", "default", "kube-system"];
    private static readonly string[] Protocols = ["TCP", "UDP", "ICMP", "ICMPv6", "253", "MPTCP", "6", "weird"];
    private static readonly ulong[] ConnectionIds = [0, 7, 8, ulong.MaxValue];
    private static readonly string[] Addresses =
        ["192.0.2.1", "192.0.2.77", "10.0.0.1", "2001:db8::1", "2001:db8:0:1::2", "::1", "::ffff:192.0.2.9", "nonsense"];

    /// <summary>A connection like most of them: about 180 bytes.</summary>
    public static Event Connection(ulong sequence, long time, uint pid = 4242, ulong epoch = 0x0123456789abcdef)
    {
        var made = new Event
        {
            Id = EventId.Format(epoch, sequence),
            Type = "connection",
            Sequence = sequence,
            Timestamp = sequence * 1000,
            Time = UnixNanos.ToTimestamp(time),
            NodeName = "node-1",
            Pid = pid,
            Tid = pid,
            Uid = 1000,
            Command = "curl",
            CgroupId = 1234,
            NetworkNamespace = 4026531840,
            AddressFamily = "IPv4",
            Protocol = "TCP",
            SocketType = "STREAM",
            SourceIp = "192.0.2.1",
            SourcePort = 40000,
            DestinationIp = "198.51.100.7",
            DestinationPort = 443,
            Destination = "198.51.100.7:443",
            Connection = new ConnectionDetail
            {
                Outcome = ConnectionDetail.Types.Outcome.Connected,
                ReturnCode = 0,
            },
        };
        return made;
    }

    /// <summary>An event of which any field may be missing.</summary>
    public static Event Random(Random random, ulong sequence, long time)
    {
        var made = new Event { Type = Pick(random, Types), Sequence = sequence, Id = EventId.Format(1, sequence) };
        if (random.Next(20) != 0)
        {
            made.Time = UnixNanos.ToTimestamp(time);
        }

        Maybe(random, () => made.NodeName = Pick(random, Names));
        Maybe(random, () => made.K8SNodeName = Pick(random, Names));
        Maybe(random, () => made.K8SPodName = Pick(random, Names));
        Maybe(random, () => made.K8SNamespace = Pick(random, Names));
        Maybe(random, () => made.K8SWorkloadName = Pick(random, Names));
        if (random.Next(2) == 0)
        {
            Maybe(random, () => made.PeerPodName = Pick(random, Names));
            Maybe(random, () => made.PeerNamespace = Pick(random, Names));
            Maybe(random, () => made.PeerWorkloadName = Pick(random, Names));
            Maybe(random, () => made.PeerServiceName = Pick(random, Names));
            Maybe(random, () => made.PeerNodeName = Pick(random, Names));
        }

        Maybe(random, () => made.Pid = (uint)random.Next(5));
        Maybe(random, () => made.Command = Pick(random, Commands));
        Maybe(random, () => made.Protocol = Pick(random, Protocols));
        Maybe(random, () => made.SourceIp = Pick(random, Addresses));
        Maybe(random, () => made.DestinationIp = Pick(random, Addresses));
        Maybe(random, () => made.SourcePort = (uint)random.Next(4) * 443);
        Maybe(random, () => made.DestinationPort = random.Next(10) == 0 ? 70_000u : (uint)random.Next(4) * 443);
        Maybe(random, () => made.ConnectionId = ConnectionIds[random.Next(ConnectionIds.Length)]);
        Maybe(random, () => made.DestinationName = Pick(random, Names));
        Maybe(random, () => made.PeerEventId = EventId.Format(2, sequence));
        switch (random.Next(9))
        {
            case 2:
                made.Accept = new AcceptDetail { AcceptQueueTime = new() { Nanos = 5 } };
                Maybe(random, () => made.Accept.Abandoned = random.Next(2) == 0);
                break;
            case 3:
                made.Close = new CloseDetail
                {
                    Cause = (CloseDetail.Types.Cause)random.Next(10),
                    Duration = new() { Seconds = 1 },
                    BytesSent = 1UL << random.Next(64),
                    MinimumRtt = new() { Nanos = 100 },
                };
                Maybe(random, () => made.Close.Error = "ECONNRESET");
                break;
            case 4:
                made.Retransmit = new RetransmitDetail { State = "ESTABLISHED", Retransmits = 3 };
                break;
            case 5:
                made.Reset = new ResetDetail { Sent = random.Next(2) == 0 };
                break;
            case 6:
                made.Dns = new DnsDetail
                {
                    Outcome = (DnsDetail.Types.Outcome)random.Next(4),
                    Answers = { "192.0.2.1", "192.0.2.2" },
                };
                Maybe(random, () => made.Dns.Name = "www.example.com");
                Maybe(random, () => made.Dns.ResponseCode = Pick(random, ["NOERROR", "NXDOMAIN", ""]));
                break;
            case 7:
                made.ListenOverflow = new ListenOverflowDetail { Count = 3 };
                break;
            case 0:
                made.Connection = new ConnectionDetail
                {
                    Outcome = (ConnectionDetail.Types.Outcome)random.Next(6),
                    HandshakeTime = new() { Seconds = 1, Nanos = 5 },
                };
                break;
            case 1:
                made.PacketDrop = new PacketDropDetail { Reason = "NO_SOCKET", Length = 60 };
                break;
        }

        return made;
    }

    /// <summary>A filter of up to four fields with values that random events have.</summary>
    public static EventFilter RandomFilter(Random random, long firstTime, long lastTime)
    {
        var filter = new EventFilter();
        for (var fields = random.Next(4); fields > 0; fields--)
        {
            var values = 1 + random.Next(3);
            for (var value = 0; value < values; value++)
            {
                AddRandom(random, filter, values == 1 ? random.Next(20) : fields);
            }
        }

        if (random.Next(4) == 0)
        {
            filter.Failed = random.Next(2) == 0;
        }

        var times = new[] { random.NextInt64(firstTime, lastTime), random.NextInt64(firstTime, lastTime) };
        Array.Sort(times);
        if (random.Next(4) == 0)
        {
            filter.Since = UnixNanos.ToTimestamp(times[0]);
        }

        if (random.Next(4) == 0)
        {
            filter.Until = UnixNanos.ToTimestamp(times[1]);
        }

        return filter;
    }

    private static void AddRandom(Random random, EventFilter filter, int field)
    {
        switch (field)
        {
            case 0: filter.Type.Add(Pick(random, Types)); break;
            case 1: filter.Pid.Add((uint)random.Next(6)); break;
            case 2: filter.Command.Add(Pick(random, ["curl", "nginx", "ünï", "none"])); break;
            case 3: filter.K8SNodeName.Add(Pick(random, Names)); break;
            case 4: filter.K8SPodName.Add(Pick(random, Names)); break;
            case 5: filter.K8SNamespace.Add(Pick(random, Names)); break;
            case 6: filter.NodeName.Add(Pick(random, Names)); break;
            case 7: filter.SourceIp.Add(Pick(random, ["192.0.2.0/25", "10.0.0.1", "::/0", "0.0.0.0/0", "::1"])); break;
            case 8: filter.DestinationIp.Add(Pick(random, ["192.0.2.9", "2001:db8::/48", "::ffff:0:0/96"])); break;
            case 9: filter.SourcePort.Add((uint)random.Next(4) * 443); break;
            case 10: filter.DestinationPort.Add((uint)random.Next(4) * 443); break;
            case 11: filter.K8SWorkloadName.Add(Pick(random, Names)); break;
            case 12: filter.PeerPodName.Add(Pick(random, Names)); break;
            case 13: filter.PeerNamespace.Add(Pick(random, Names)); break;
            case 14: filter.PeerWorkloadName.Add(Pick(random, Names)); break;
            case 15: filter.PeerServiceName.Add(Pick(random, Names)); break;
            case 16: filter.PeerNodeName.Add(Pick(random, Names)); break;
            case 17: filter.ConnectionId.Add(ConnectionIds[random.Next(ConnectionIds.Length)]); break;
            case 18: filter.DestinationName.Add(Pick(random, Names)); break;
            default: filter.Protocol.Add(Pick(random, ["tcp", "UDP", "58", "253", "mptcp"])); break;
        }
    }

    private static void Maybe(Random random, Action action)
    {
        if (random.Next(3) != 0)
        {
            action();
        }
    }

    private static string Pick(Random random, string[] values) => values[random.Next(values.Length)];
}
