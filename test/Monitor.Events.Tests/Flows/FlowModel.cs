using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests.Flows;

/// <summary>What became of one connection, and what was seen of it. The model knows what belongs together.</summary>
internal sealed record Made(Party From, Party To)
{
    public List<Event> Events { get; } = [];

    public Event Add(Event made)
    {
        Events.Add(made);
        return made;
    }
}

/// <summary>Sums flows with objects, one connection after the other.</summary>
internal static class FlowModel
{
    /// <summary>The flows by a text of their ends, port and protocol, with everything else in them.</summary>
    public static Dictionary<string, Flow> Sum(IReadOnlyList<Made> connections, FlowGrouping grouping)
    {
        var flows = new Dictionary<string, Flow>();
        var edges = new HashSet<(string First, string Second)>();
        var handshakes = new Dictionary<string, List<long>>();
        foreach (var connection in connections)
        {
            AddConnection(connection, grouping, flows, edges, handshakes);
        }

        // The flow of other ends goes to that of the initiators, where there is one only.
        var final = flows.Keys.ToDictionary(key => key, key =>
        {
            var initiators = edges.Where(edge => edge.Second == key).Select(edge => edge.First).ToList();
            return initiators.Count == 1 && !edges.Any(edge => edge.First == key) ? initiators[0] : key;
        });
        var result = new Dictionary<string, Flow>();
        foreach (var (key, flow) in flows.Where(entry => entry.Value.LastTime is not null))
        {
            var to = final[key];
            if (!result.TryGetValue(to, out var sum))
            {
                result[to] = sum = new Flow { Source = flows[to].Source, Destination = flows[to].Destination };
                if (flows[to].HasDestinationPort)
                {
                    sum.DestinationPort = flows[to].DestinationPort;
                }

                sum.Protocol = "TCP";
                var others = edges.Where(edge => edge.First == to).Select(edge => edge.Second).ToList();
                if (others.Count == 1 && edges.Count(edge => edge.Second == others[0]) == 1)
                {
                    sum.Destination = flows[others[0]].Destination.Clone();
                    sum.Destination.MergeFrom(flows[to].Destination);
                }
            }

            AddTo(sum, flow);
        }

        foreach (var (key, times) in handshakes)
        {
            times.Sort();
            result[final[key]].HandshakeTime = new LatencySummary
            {
                Count = times.Count,
                P50 = FlowWorld.Nanos(times[(int)Math.Ceiling(times.Count * 0.5) - 1]),
                P99 = FlowWorld.Nanos(times[(int)Math.Ceiling(times.Count * 0.99) - 1]),
                Max = FlowWorld.Nanos(times[^1]),
            };
        }

        return result;
    }

    private static void AddConnection(
        Made connection,
        FlowGrouping grouping,
        Dictionary<string, Flow> flows,
        HashSet<(string First, string Second)> edges,
        Dictionary<string, List<long>> handshakes)
    {
        string Key(Event e, bool inbound)
        {
            var flow = FlowOf(e, grouping, inbound);
            var key = flow.ToString();
            flows.TryAdd(key, flow);
            return key;
        }

        var attempt = connection.Events.SingleOrDefault(e => e.Connection is not null);
        var accept = connection.Events.SingleOrDefault(e => e.Accept is not null);
        if (attempt is not null)
        {
            var key = Key(attempt, false);
            var flow = flows[key];
            Note(flow, attempt);
            flow.Connections++;
            if (attempt.Connection.Outcome == ConnectionDetail.Types.Outcome.Failed)
            {
                flow.Failed++;
                flow.FailedByError[attempt.Connection.Error] = flow.FailedByError.GetValueOrDefault(attempt.Connection.Error) + 1;
            }
            else
            {
                handshakes.TryAdd(key, []);
                handshakes[key].Add(attempt.Connection.HandshakeTime.Seconds * 1_000_000_000 + attempt.Connection.HandshakeTime.Nanos);
            }
        }

        if (accept is not null)
        {
            var key = Key(accept, true);
            if (attempt is null)
            {
                Note(flows[key], accept);
                flows[key].Connections++;
                flows[key].AcceptedOnly++;
            }
            else
            {
                edges.Add((Key(attempt, false), key));
            }
        }

        AddCloses(connection, flows, edges, Key);
        var resets = connection.Events.Where(e => e.Reset is not null).OrderByDescending(e => e.Reset.Sent).ToList();
        foreach (var e in connection.Events)
        {
            if (e.Retransmit is not null)
            {
                var flow = flows[Key(e, e.Retransmit.Direction == ConnectionDirection.Inbound)];
                Note(flow, e);
                flow.Retransmits += Math.Max(1, e.Retransmit.Count);
            }
            else if (e.Reset is not null)
            {
                var flow = flows[Key(e, e.Reset.Direction == ConnectionDirection.Inbound)];
                if (e == resets[0])
                {
                    Note(flow, e);
                    flow.Resets++;
                }
            }
        }
    }

    private static void AddCloses(
        Made connection, Dictionary<string, Flow> flows, HashSet<(string First, string Second)> edges, Func<Event, bool, string> key)
    {
        var mine = connection.Events.SingleOrDefault(e => e.Close?.Direction == ConnectionDirection.Outbound);
        var theirs = connection.Events.SingleOrDefault(e => e.Close?.Direction == ConnectionDirection.Inbound);
        var theirKey = theirs is null ? null : key(theirs, true);
        if (mine is not null)
        {
            var myKey = key(mine, false);
            var flow = flows[myKey];
            Note(flow, mine);
            flow.Closed++;
            flow.BytesSent += mine.Close.BytesSent;
            flow.BytesReceived += mine.Close.BytesReceived;
            if (theirKey is not null)
            {
                edges.Add((myKey, theirKey));
                flow.BothEnds ??= new FlowEnds();
                flow.BothEnds.Connections++;
                flow.BothEnds.SentDifference += (long)mine.Close.BytesSent - (long)theirs!.Close.BytesReceived;
                flow.BothEnds.ReceivedDifference += (long)theirs.Close.BytesSent - (long)mine.Close.BytesReceived;
                flow.BothEnds.SourceRetransmits += mine.Close.Retransmits;
                flow.BothEnds.DestinationRetransmits += theirs.Close.Retransmits;
            }
        }
        else if (theirKey is not null)
        {
            var flow = flows[theirKey];
            Note(flow, theirs!);
            flow.Closed++;
            flow.BytesSent += theirs!.Close.BytesReceived;
            flow.BytesReceived += theirs.Close.BytesSent;
        }
    }

    private static void AddTo(Flow sum, Flow flow)
    {
        sum.Connections += flow.Connections;
        sum.AcceptedOnly += flow.AcceptedOnly;
        sum.Failed += flow.Failed;
        sum.Closed += flow.Closed;
        sum.BytesSent += flow.BytesSent;
        sum.BytesReceived += flow.BytesReceived;
        sum.Retransmits += flow.Retransmits;
        sum.Resets += flow.Resets;
        foreach (var (error, count) in flow.FailedByError)
        {
            sum.FailedByError[error] = sum.FailedByError.GetValueOrDefault(error) + count;
        }

        if (flow.BothEnds is { } both)
        {
            sum.BothEnds = both.Clone();
        }

        Note(sum, UnixNanos.From(flow.FirstTime)!.Value);
        Note(sum, UnixNanos.From(flow.LastTime)!.Value);
    }

    private static void Note(Flow flow, Event e) => Note(flow, UnixNanos.From(e.Time)!.Value);

    private static void Note(Flow flow, long time)
    {
        flow.FirstTime = UnixNanos.ToTimestamp(Math.Min(time, flow.FirstTime is null ? time : UnixNanos.From(flow.FirstTime)!.Value));
        flow.LastTime = UnixNanos.ToTimestamp(Math.Max(time, flow.LastTime is null ? time : UnixNanos.From(flow.LastTime)!.Value));
    }

    private static Flow FlowOf(Event e, FlowGrouping grouping, bool inbound)
    {
        var local = new FlowEnd();
        var podOf = grouping != FlowGrouping.Workload;
        if (grouping is FlowGrouping.Node or FlowGrouping.Process || !e.HasK8SPodName)
        {
            local.NodeName = e.NodeName;
        }

        if (grouping != FlowGrouping.Node)
        {
            if (e.HasCommand && (grouping == FlowGrouping.Process || !e.HasK8SPodName))
            {
                local.Command = e.Command;
            }

            SetPod(local, e.HasK8SPodName ? e.K8SPodName : null, e.K8SWorkloadName, podOf);
        }

        var remote = new FlowEnd();
        if (grouping == FlowGrouping.Node && e.HasPeerNodeName)
        {
            remote.NodeName = e.PeerNodeName;
        }
        else if (e.HasPeerServiceName)
        {
            remote.K8SNamespace = e.PeerNamespace;
            remote.K8SServiceName = e.PeerServiceName;
        }
        else if (e.HasPeerPodName)
        {
            SetPod(remote, e.PeerPodName, e.PeerWorkloadName, podOf);
        }
        else if (!inbound && e.HasDestinationName)
        {
            remote.Name = e.DestinationName;
        }
        else
        {
            remote.Ip = inbound ? e.SourceIp : e.DestinationIp;
        }

        return new Flow
        {
            Source = inbound ? remote : local,
            Destination = inbound ? local : remote,
            DestinationPort = e.DestinationPort,
            Protocol = e.Protocol,
        };
    }

    private static void SetPod(FlowEnd end, string? pod, string workload, bool asPod)
    {
        if (pod is null)
        {
            return;
        }

        end.K8SNamespace = FlowWorld.Namespace;
        if (asPod)
        {
            end.K8SPodName = pod;
        }
        else
        {
            end.K8SWorkloadKind = "Deployment";
            end.K8SWorkloadName = workload;
        }
    }
}
